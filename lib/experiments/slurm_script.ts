import { shellWord } from "../shell_word.ts";
/** What {@linkcode slurmScript} is made of. */
export interface SlurmJob {
  /** As `squeue` shows it. */
  readonly name: string;
  /** A task of the array each. */
  readonly items: readonly string[];
  /** Program and arguments; the item is added as the last one. */
  readonly command: readonly string[];
  /** Set for the command. */
  readonly environment: Readonly<Record<string, string>>;
  /** Folder of the tasks' output. */
  readonly logFolder: string;
  /** Tasks at a time; as many as the cluster gives unless set. */
  readonly atOnce?: number;
  /** Options of `sbatch`, as on its command line: "--partition=gpu --time=8:00:00". */
  readonly options: string;
}

/** Seconds before its time limit in which a task saves. */
const graceSeconds = 120;

/**
 * A script for `sbatch`: an array job, an item a task. Before a task's time is up, or when it is
 * preempted, it gets a SIGTERM, saves, and is queued again, to go on from there. A task whose item is
 * done already does nothing, so that the script may be submitted again.
 */
export function slurmScript(job: SlurmJob): string {
  const { name, items, command, environment, logFolder, atOnce, options } = job;
  const limit = atOnce === undefined ? "" : `%${atOnce}`;
  const exports = Object.entries(environment).map(([key, value]) =>
    `export ${key}=${shellWord(value)}`
  );
  return `#!/bin/bash
#SBATCH --job-name=${shellWord(name)}
#SBATCH --array=0-${items.length - 1}${limit}
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --signal=B:TERM@${graceSeconds}
#SBATCH --output=${shellWord(`${logFolder}/${name}-%a.log`)}
${optionLines(options)}
items=(
${items.map((item) => `  ${shellWord(item)}`).join("\n")}
)
${exports.join("\n")}

child=
asked=
trap 'asked=yes; [ -z "$child" ] || kill -TERM "$child" 2>/dev/null' TERM
${command.map(shellWord).join(" ")} "\${items[$SLURM_ARRAY_TASK_ID]}" &
child=$!
[ -z "$asked" ] || kill -TERM "$child"
code=0
# A trapped signal ends \`wait\` before the child has saved: wait again.
while :; do
  wait "$child"
  code=$?
  kill -0 "$child" 2>/dev/null || break
done
# 130: saved before its end. Queued again it goes on from there. 143: asked while it started.
if [ "$code" -eq 130 ] || [ "$asked$code" = yes143 ]; then
  scontrol requeue "\${SLURM_ARRAY_JOB_ID}_\${SLURM_ARRAY_TASK_ID}" && sleep ${graceSeconds}
fi
exit "$code"
`;
}

/** An option a line; a word that is no option belongs to the one before it. */
function optionLines(options: string): string {
  const lines: string[] = [];
  for (const word of options.split(/\s+/).filter((word) => word !== "")) {
    if (word.startsWith("-") || lines.length === 0) lines.push(word);
    else lines.push(`${lines.pop()} ${word}`);
  }
  return lines.map((line) => `#SBATCH ${line}\n`).join("");
}
