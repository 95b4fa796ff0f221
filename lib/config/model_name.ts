/**
 * The networks that segment a cube: the paper's own, and those that it is compared with (Tables 4
 * and 5), with its ancestor.
 */
export const modelNames = [
  "segmentor",
  "segformer3d",
  "mednext-s",
  "swin-smt",
  "slim-unetr",
] as const;

/** One of {@linkcode modelNames}. */
export type ModelName = typeof modelNames[number];

/** How literature writes them. */
export const modelTitles: Readonly<Record<ModelName, string>> = {
  "segmentor": "Segmentor",
  "segformer3d": "SegFormer3D",
  "mednext-s": "MedNeXt-S",
  "swin-smt": "SwinSMT",
  "slim-unetr": "Slim UNETR",
};
