import { fileURLToPath } from "node:url";

/** The folder of the npm package whose binding this is about, inside this checkout. */
export const packageFolder: string = fileURLToPath(
  new URL("../../node_modules/@tensorflow/tfjs-node-gpu", import.meta.url),
);

/** Where tfjs-node-gpu looks for its binding. Set-up puts a link to the build there. */
export const bindingPath = `${packageFolder}/lib/napi-v8/tfjs_binding.node`;

/** File names of the two TensorFlow libraries on this system: the whole, and its core. */
export const libraryNames: { readonly whole: string; readonly core: string } =
  Deno.build.os === "darwin"
    ? { whole: "libtensorflow_cc.2.dylib", core: "libtensorflow_framework.2.dylib" }
    : { whole: "libtensorflow_cc.so.2", core: "libtensorflow_framework.so.2" };

/** The real file behind {@link bindingPath}, or undefined where there is none. */
export function findBinding(): string | undefined {
  try {
    return Deno.realPathSync(bindingPath);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
