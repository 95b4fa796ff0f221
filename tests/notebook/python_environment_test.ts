import { assertEquals, assertStringIncludes } from "@std/assert";
import { jupyterPath } from "../../lib/jupyter/kernelspec.ts";
import { inTemporaryFolder, writeTree } from "../temporary_folder.ts";

const module = new URL("../../lib/jupyter/python_environment.ts", import.meta.url).href;

/** The message of what a machine with only these programs says when the environment is asked for. */
async function messageWith(programs: Readonly<Record<string, string>>): Promise<string> {
  let message = "";
  await inTemporaryFolder(async (dir) => {
    const scripts = Object.entries(programs)
      .map(([name, lines]) => [`bin/${name}`, `#!/bin/sh\n${lines}\n`]);
    await writeTree(dir, { "bin/.keep": "", ...Object.fromEntries(scripts) });
    for (const name of Object.keys(programs)) await Deno.chmod(`${dir}/bin/${name}`, 0o755);
    const { stdout } = await new Deno.Command(Deno.execPath(), {
      args: [
        "eval",
        `import { ensurePythonEnvironment, nbclientPackages } from ${JSON.stringify(module)};
        try { await ensurePythonEnvironment(nbclientPackages, () => {}); console.log("made"); }
        catch (error) { console.log(error.name, error.message); }`,
      ],
      env: { PATH: `${dir}/bin`, ROISEG_CACHE_DIR: `${dir}/cache` },
    }).output();
    message = new TextDecoder().decode(stdout);
  });
  return message;
}

Deno.test("what Python lacks is named, with the command that installs it", async () => {
  const python = await messageWith({});
  assertStringIncludes(
    python,
    "UserError cannot set up nbclient: there must be a Python 3 with pip",
  );
  assertStringIncludes(python, "Install it with `");

  const about = 'case "$*" in --version) echo Python 3.12.1;; *"pip --version") echo pip 24.0;;';
  const venv = await messageWith({
    python3: `${about} *venv*) echo "No module named venv" >&2; exit 1;; esac`,
  });
  assertStringIncludes(venv, "but it is failing: No module named venv. Install it with `");

  const network = await messageWith({ python3: `${about} *install*) exit 7;; esac` });
  assertStringIncludes(network, "cannot install nbclient>=0.10,<1, nbformat>=5.7,<6 (pip's code 7");
});

Deno.test("JUPYTER_PATH keeps what the user put there", async () => {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: [
      "eval",
      `import { jupyterPath } from ${
        JSON.stringify(new URL("../../lib/jupyter/kernelspec.ts", import.meta.url).href)
      };
      console.log(jupyterPath("a", "b"));`,
    ],
    env: { JUPYTER_PATH: "own" },
  }).output();
  assertEquals(new TextDecoder().decode(stdout).trim(), "a:b:own");
  assertEquals(jupyterPath("a").split(":")[0], "a");
});
