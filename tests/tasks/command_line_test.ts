import { assertEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import { UserError } from "../../lib/errors.ts";
import {
  helpText,
  parseFlags,
  type Task,
  taskExitCode,
  UsageError,
} from "../../tasks/command_line.ts";

const flags = {
  data: { type: "text", value: "DIR", required: true, description: "the data" },
  preset: { type: "text", default: "focus", choices: ["focus", "paper"], description: "values" },
  epochs: { type: "integer", default: 10, min: 1, max: 99, description: "epochs" },
  low: { type: "number", description: "lower end" },
  set: { type: "list", value: "KEY=VALUE", description: "overrides" },
  resume: { type: "boolean", description: "go on" },
} as const;
const task: Task<typeof flags> = { name: "train", summary: "Trains.", flags };

const parse = (...args: string[]) => parseFlags(task, ["--data", "d", ...args]);

Deno.test("parseFlags() gives typed values and defaults", () => {
  const values = parse("--set", "a=1", "--low", "-1.5", "--set=b=-2", "--epochs=3", "--resume");
  assertEquals(values, {
    data: "d",
    preset: "focus",
    epochs: 3,
    low: -1.5,
    set: ["a=1", "b=-2"],
    resume: true,
  });
  if (values === "help") throw new Error("not asked for");
  // These lines are type-checked: each flag has the type that its declaration says.
  const epochs: number = values.epochs;
  const low: number | undefined = parseLow();
  const preset: "focus" | "paper" = values.preset;
  assertEquals([epochs, low, preset], [3, undefined, "focus"]);
});

function parseLow(): number | undefined {
  const values = parse();
  return values === "help" ? 0 : values.low;
}

Deno.test("parseFlags() refuses what breaks a flag's rule, and says which", () => {
  for (
    const [args, expected] of [
      [["--epoch", "3"], "Did you mean --epochs?"],
      [["--nonsense"], "no flag --nonsense"],
      [["-x"], "no flag --x"],
      [["stray"], "Do you mean --data stray?"],
      [["--epochs", "0"], "at least 1"],
      [["--epochs", "100"], "at most 99"],
      [["--epochs", "2.5"], "an integer"],
      [["--epochs", "ten"], "an integer"],
      [["--epochs"], "needs a value"],
      [["--low", "Infinity"], "a number"],
      [
        ["--preset", "papre"],
        "--preset must be focus or paper, but it is papre. Did you mean paper?",
      ],
      [["--preset", "paper", "--preset", "focus"], "given once"],
      [["--set"], "needs a value"],
      [["--epochs="], "--epochs needs a value"],
      [["--epochs", ""], "--epochs needs a value"],
      [["--set", "a=1", "--set="], "--set needs a value"],
      [["--resume=no"], "--resume takes no value, but it is no."],
      [["--resume="], "--resume takes no value, but it is empty."],
      [["--no-resume"], "no flag --no-resume"],
    ] as const
  ) {
    assertThrows(() => parse(...args), UsageError, expected, args.join(" "));
  }
  assertThrows(() => parseFlags(task, []), UsageError, "--data is required");
  const resumes = (arg: string) => (parse(arg) as { resume: boolean }).resume;
  assertEquals([resumes("--resume=true"), resumes("--resume=false")], [true, false]);
});

Deno.test("parseFlags() knows what another verb calls a flag of this one", () => {
  const text = { type: "text", description: "a path" } as const;
  const meant = (name: string, ...own: string[]) => {
    const flags = Object.fromEntries(own.map((flag) => [flag, text]));
    const { message } = assertThrows(
      () => parseFlags({ name: "verb", summary: "", flags }, [`--${name}`, "x"]),
      UsageError,
    );
    return /Did you mean --([\w-]+)\?/.exec(message)?.[1];
  };
  assertEquals(meant("run", "model", "input", "output"), "model"); // predict
  assertEquals(meant("model", "run", "mode", "output"), "run"); // evaluate
  assertEquals(meant("model", "phase", "mode"), "mode");
  assertEquals(meant("out", "data", "output", "cube"), "output"); // prepare
  assertEquals(meant("output", "data", "results"), "results"); // experiment
  assertEquals(meant("input", "masks", "data"), "masks"); // score
  assertEquals(meant("input", "data", "jobs"), "data"); // check
  assertEquals(meant("data", "model", "input"), "input"); // predict
  assertEquals(meant("toString", "data"), undefined);
});

Deno.test("parseFlags() takes the first argument for the flag that may stand there", () => {
  const first = { ...task, first: "data" } as const;
  const data = (...args: string[]) => (parseFlags(first, args) as { data: string }).data;
  assertEquals([data("d", "--resume"), data("--data", "d")], ["d", "d"]);
  assertThrows(() => parseFlags(first, [""]), UsageError, "its DIR needs a value");
});

Deno.test("helpText() lists the flags with their defaults", () => {
  const text = helpText({ ...task, details: "More." });
  assertStringIncludes(text, "Usage: deno task train --data DIR [flags]");
  assertStringIncludes(text, "--preset focus|paper");
  assertStringIncludes(text, "epochs (default 10)");
  assertStringIncludes(text, "--set KEY=VALUE");
  assertStringIncludes(text, "(may be repeated)");
  assertStringIncludes(text, "More.");
  const empty = { type: "text", default: "", description: "nothing" } as const;
  assertEquals(helpText({ name: "a", summary: "b", flags: { empty } }).includes("default"), false);
  assertEquals(parseFlags(task, ["--help"]), "help");
  assertEquals(parseFlags(task, ["-h"]), "help");
});

/** Runs with the console silenced; what was printed, by stream. */
async function silently(
  run: () => Promise<number>,
): Promise<{ code: number; out: string; error: string }> {
  const { log, error } = console;
  const printed = { out: "", error: "" };
  console.log = (text: string) => printed.out += text;
  console.error = (text: string) => printed.error += text;
  try {
    return { code: await run(), ...printed };
  } finally {
    Object.assign(console, { log, error });
  }
}

Deno.test("taskExitCode(): 0, the task's own, 1 after a UserError, 2 after a usage error", async () => {
  const args = ["--data", "d"];
  const done = await silently(() => taskExitCode(task, () => {}, args));
  assertEquals(done, { code: 0, out: "", error: "" });
  assertEquals((await silently(() => taskExitCode(task, () => 7, args))).code, 7);
  const failed = await silently(() =>
    taskExitCode(task, () => {
      throw new UserError({ what: "cannot", rule: "must", remedy: "Do" });
    }, args)
  );
  assertEquals(failed, { code: 1, out: "", error: "error: cannot: must. Do" });
  const misused = await silently(() => taskExitCode(task, () => 0, ["--dta", "d"]));
  assertEquals(misused.code, 2);
  assertStringIncludes(misused.error, "--data");
  const helped = await silently(() => taskExitCode(task, () => 5, ["--help"]));
  assertEquals([helped.code, helped.error], [0, ""]);
  const fault = () => taskExitCode(task, () => Promise.reject(new TypeError("a fault")), args);
  await assertRejects(fault, TypeError, "a fault");
});

Deno.test({
  // SIGTERM stands for SIGINT as well, which `deno test` keeps for itself.
  name: "taskExitCode(): 130 after an interrupt, whether the task returns or throws its reason",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    const stoppable: Task<typeof flags> = { ...task, interrupt: "signal" };
    for (const throws of [false, true]) {
      const { code, error } = await silently(() =>
        taskExitCode(stoppable, async (_flags, signal) => {
          Deno.kill(Deno.pid, "SIGTERM");
          // Polls, because waiting for a signal alone does not keep the event loop going.
          while (!signal.aborted) await new Promise((resolve) => setTimeout(resolve, 1));
          if (throws) signal.throwIfAborted();
        }, ["--data", "d"])
      );
      assertEquals(code, 130);
      assertStringIncludes(error, "Stopping");
    }
  },
});
