import { dirname, join } from "node:path";
import { findBinding, libraryNames } from "./native_files.ts";
import { describeOpLibrary } from "./op_library.ts";

/**
 * Registers the project's own ops with the TensorFlow of this process, whose binding must be loaded
 * already. A library that is registered already is left as it is.
 *
 * @returns undefined when the ops can be used, else the reason why not
 */
export function loadOpLibrary(): string | undefined {
  const library = describeOpLibrary();
  const binding = findBinding();
  if (library === undefined || binding === undefined) return "TensorFlow has no headers here";
  if (library.state !== "built") return library.reason ?? library.state;
  try {
    // TensorFlow does not survive being unloaded, so that the handle is never closed.
    const { symbols: tensorflow } = Deno.dlopen(
      join(dirname(binding), "tensorflow", libraryNames.whole),
      {
        TF_NewStatus: { parameters: [], result: "pointer" },
        TF_DeleteStatus: { parameters: ["pointer"], result: "void" },
        TF_GetCode: { parameters: ["pointer"], result: "i32" },
        TF_Message: { parameters: ["pointer"], result: "pointer" },
        TF_LoadLibrary: { parameters: ["buffer", "pointer"], result: "pointer" },
      },
    );
    const status = tensorflow.TF_NewStatus();
    tensorflow.TF_LoadLibrary(new TextEncoder().encode(`${library.path}\0`), status);
    const failed = tensorflow.TF_GetCode(status) !== 0;
    const message = tensorflow.TF_Message(status);
    const reason = message === null ? "" : Deno.UnsafePointerView.getCString(message);
    tensorflow.TF_DeleteStatus(status);
    return failed ? reason : undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
