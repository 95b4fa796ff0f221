/**
 * Changes of the preset `focus` for the phantom, whose abdomens are coarse and alike: small enough
 * for minutes on two cores.
 */
export const phantomChanges: readonly string[] = [
  "cubeEdge=64",
  "detector.view.edge=64",
  "detector.view.slabCount=8",
  "phases.detector.epochs=45",
  "phases.segmentor.epochs=30",
  "phases.finetune.epochs=20",
  "phases.whole.epochs=30",
  "phases.detector.repeats=2",
];
