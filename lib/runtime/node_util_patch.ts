import { createRequire } from "node:module";

/**
 * Gives Deno's `node:util` the two old functions that tfjs-node-gpu 4.22 calls and Deno leaves
 * out. Importing this file is enough; it must come before TensorFlow.js.
 */
const util = createRequire(import.meta.url)("node:util") as {
  isNullOrUndefined?: (value: unknown) => boolean;
  isArray?: (value: unknown) => boolean;
};

util.isNullOrUndefined ??= (value) => value === null || value === undefined;
util.isArray ??= Array.isArray;
