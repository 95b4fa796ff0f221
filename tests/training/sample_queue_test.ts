import { assertEquals, assertRejects } from "@std/assert";
import { Random } from "../../lib/random.ts";
import { epochBatches } from "../../lib/training/batches.ts";
import { SampleQueue } from "../../lib/training/sample_queue.ts";

const phase = { repeats: 2, batchSize: 3, epochs: 2 };
const random = new Random("queue");

/** Five cases twice an epoch: four steps, of which the last has one case. */
function queueFrom(firstStep: number, begun: string[] = []): SampleQueue<string> {
  const sample = (id: string, random: Random) => {
    begun.push(id);
    return Promise.resolve(`${id} ${random.nextUint32()}`);
  };
  const task = { trainIds: ["a", "b", "c", "d", "e"], sample };
  return new SampleQueue(task, phase, random, { firstStep, stepsAhead: 2 });
}

async function drain(queue: SampleQueue<string>, steps: number) {
  const all = [];
  for (let i = 0; i < steps; i++) all.push(await queue.next());
  return all;
}

Deno.test("the steps of a training have the batches of its epochs, each with its own seed", async () => {
  const steps = await drain(queueFrom(0), 8);
  const expected = [0, 1].flatMap((epoch) =>
    epochBatches(["a", "b", "c", "d", "e"], 2, 3, random.fork("shuffle").fork(epoch))
  );
  assertEquals(steps.map(({ ids }) => ids), expected);
  assertEquals(steps.map(({ samples }) => samples.length), [3, 3, 3, 1, 3, 3, 3, 1]);
  const seed = random.fork("sample").fork(1).fork(3).fork(0);
  assertEquals(steps[7].samples, [`${expected[7][0]} ${seed.nextUint32()}`]);
  assertEquals(new Set(steps.flatMap(({ samples }) => samples)).size, 20);
});

Deno.test("a training that is resumed goes on with the samples that it would have had", async () => {
  assertEquals(await drain(queueFrom(3), 5), (await drain(queueFrom(0), 8)).slice(3));
});

Deno.test("so many steps as wanted are begun ahead, across the epochs' ends and not beyond the last", async () => {
  const begun: string[] = [];
  const queue = queueFrom(0, begun);
  const counts = [];
  for (let step = 0; step < 8; step++) {
    await queue.next();
    counts.push(begun.length);
  }
  assertEquals(counts, [9, 10, 13, 16, 19, 20, 20, 20]);
  await assertRejects(() => queue.next(), RangeError, "no further step");
  await queue.settle();
});
