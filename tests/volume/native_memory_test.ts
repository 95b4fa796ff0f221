import { assertEquals } from "@std/assert";
import { deflateRawSync } from "node:zlib";
import { fileURLToPath } from "node:url";
import { Random } from "../../lib/random.ts";
import { findCompiler } from "../../lib/runtime/compiler.ts";
import { runProgram } from "../../lib/runtime/program.ts";

const source = fileURLToPath(new URL("./native_memory.cc", import.meta.url));
const compiler = await findCompiler().catch(() => undefined);
const sanitizers = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"];

async function compile(file: string, program: string, input?: string): Promise<boolean> {
  const usual = ["-std=c++17", "-O1", "-g", "-w", "-x", "c++"];
  const result = await runProgram(compiler!.command, [
    ...[...usual, ...sanitizers, file],
    ...["-o", program],
  ], { input });
  return result?.success === true;
}

/** Not every compiler comes with the sanitizers' libraries, nor does every system let them run. */
async function hasSanitizers(): Promise<boolean> {
  if (compiler === undefined || Deno.build.os === "windows") return false;
  const program = await Deno.makeTempFile();
  try {
    if (!await compile("-", program, "int main() {}")) return false;
    return (await runProgram(program, []))?.success === true;
  } finally {
    await Deno.remove(program);
  }
}

Deno.test({
  name: "the compiled functions touch no memory but that which they are given",
  ignore: !await hasSanitizers(),
  async fn() {
    const folder = await Deno.makeTempDir();
    try {
      const random = new Random("memory");
      const voxels = Int16Array.from({ length: 700_000 }, () => Math.round(random.normal(40, 9)));
      const noise = Uint8Array.from({ length: 80_000 }, () => random.integer(256));
      const labels = Uint8Array.from({ length: 1_500_000 }, (_, i) => (i >> 9) % 5);
      const streams = {
        voxels: deflateRawSync(new Uint8Array(voxels.buffer)),
        noise: deflateRawSync(noise),
        stored: deflateRawSync(noise, { level: 0 }),
        labels: deflateRawSync(labels, { level: 9 }),
      };
      const files: string[] = [];
      for (const [name, bytes] of Object.entries(streams)) {
        files.push(`${folder}/${name}`);
        await Deno.writeFile(`${folder}/${name}`, bytes);
      }
      assertEquals(await compile(source, `${folder}/program`), true, "it must compile");
      const result = await runProgram(`${folder}/program`, files);
      assertEquals([result?.stdout, result?.stderr], ["clean\n", ""]);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});
