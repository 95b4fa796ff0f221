import { prepareCase } from "./prepare_case.ts";
import { answerJobs } from "./worker_jobs.ts";

answerJobs(prepareCase);
