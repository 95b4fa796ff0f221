/** The environment variables that this project reads, and nothing else does. */
export const variable = {
  /** Folder for native builds and small state; the default is the user's cache folder. */
  cache: "ROISEG_CACHE_DIR",
  /** "cpu" or "cuda": which TensorFlow to set up; the default looks for an NVIDIA GPU. */
  device: "ROISEG_DEVICE",
  /** "yes" or "no": whether JSR answers; the default asks it. */
  jsr: "ROISEG_JSR",
  /** "no": what the project compiles is left alone: networks of TensorFlow's own ops, loops in TypeScript. */
  nativeOps: "ROISEG_NATIVE_OPS",
  /** Set by the launcher for `--help` where there is no native backend yet. */
  withoutNative: "ROISEG_WITHOUT_NATIVE",
  /** Folder for data sets, prepared cases and runs; the default is the checkout's data/. */
  data: "ROISEG_DATA_DIR",
  /** What overrules the settings of a notebook when nobody sits before it. */
  notebookPreset: "ROISEG_NOTEBOOK_PRESET",
  notebookData: "ROISEG_NOTEBOOK_DATA",
  notebookOrgan: "ROISEG_NOTEBOOK_ORGAN",
} as const;
