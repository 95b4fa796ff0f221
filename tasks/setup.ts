/** `deno task setup`: provides the native TensorFlow, once per machine. */
import { ensureNative, readLinkedManifest } from "../lib/runtime/native.ts";
import { ensureOpLibrary } from "../lib/runtime/op_library.ts";
import { ensureVolumeLibrary } from "../lib/runtime/volume_library.ts";
import { runTask } from "./command_line.ts";

await runTask({
  name: "setup",
  summary: "Provides the native TensorFlow library that tfjs-node-gpu computes with.",
  flags: {
    force: { type: "boolean", description: "build it anew, and try CUDA again" },
  },
  details: `
It takes TensorFlow's libraries from its Python wheel (through pip), compiles the binding against
them, keeps the result in the user's cache folder, and proves it by a conv3d and its gradient. On a
CPU it also compiles the project's own ops; without them the networks are slower, nothing else.

Environment: ROISEG_DEVICE=cpu|cuda chooses the device, ROISEG_CACHE_DIR the cache folder, CXX the
compiler.`,
}, async ({ force }) => {
  await ensureNative({ report: console.error, force });
  await ensureVolumeLibrary({ report: console.error, force });
  await ensureOpLibrary({ report: console.error, force });
  const manifest = await readLinkedManifest();
  console.log(`TensorFlow ${manifest?.tensorflow} on ${manifest?.device} is ready.`);
});
