/** Saves one checkpoint after the other, saying so each time, until it is killed. */
import { saveCheckpoint } from "../../lib/training/checkpoint.ts";

const [folder] = Deno.args;
const data = new Float32Array(1_000_000);
const kernel = { shape: [data.length], data };
for (let epoch = 1;; epoch++) {
  data.fill(epoch);
  await saveCheckpoint(folder, {
    progress: {
      epoch,
      stepInEpoch: 0,
      sums: {},
      seconds: 0,
      lastScore: null,
      bestEpoch: null,
      bestMetrics: {},
      earlyStopping: { bestScore: null, validationsSinceBest: 0 },
      finished: false,
    },
    weights: new Map([["kernel", kernel]]),
    optimizer: { groups: [], first: new Map(), second: new Map() },
    average: null,
    best: null,
  }, { seed: 1, config: { edge: 16 }, trainIds: ["a", "b"] });
  Deno.stdout.writeSync(new TextEncoder().encode("."));
}
