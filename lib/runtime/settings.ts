/** The environment variables that this project reads, and nothing else does. */
export const variable = {
  /** Folder for native builds and small state; the default is the user's cache folder. */
  cache: "ROISEG_CACHE_DIR",
  /** "cpu" or "cuda": which TensorFlow to set up; the default looks for an NVIDIA GPU. */
  device: "ROISEG_DEVICE",
  /** "yes" or "no": whether JSR answers; the default asks it. */
  jsr: "ROISEG_JSR",
  /** Set by the launcher for `--help` where there is no native backend yet. */
  withoutNative: "ROISEG_WITHOUT_NATIVE",
} as const;
