/** The version of `@tensorflow/tfjs-node-gpu` in deno.json; a test compares the two. */
export const tfjsVersion = "4.22.0";

/** The Node-API version that the binding is compiled for. */
export const nodeApiVersion = 8;

/** The Python version whose wheels are taken. No Python of that version needs to be installed. */
export const wheelPython = "3.11";
