/** What runs in a worker of `SampleWorkers`: cuts and varies samples of the cases that fall to it. */
import { openPrepared } from "../dataset/case.ts";
import { answerJobs } from "../dataset/worker_jobs.ts";
import type { VolumeSample } from "./augment_volume.ts";
import { CaseStore } from "./case_store.ts";
import type { SampleJob } from "./sample_workers.ts";

let store: CaseStore | undefined;

async function work({ dir, maxBytes, request }: SampleJob): Promise<VolumeSample> {
  store ??= new CaseStore(await openPrepared(dir), maxBytes);
  return await store.sample(request);
}

answerJobs(work, ({ image, labels }) => [image.buffer, labels.buffer] as ArrayBuffer[]);
