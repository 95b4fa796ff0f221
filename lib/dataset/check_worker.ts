import { checkCase } from "./check_case.ts";
import { answerJobs } from "./worker_jobs.ts";

answerJobs(checkCase);
