/** `deno task lint`: lint rules, formatting and types of the whole project. */
import { fileURLToPath } from "node:url";
import { runDeno } from "../lib/runtime/child.ts";
import { chooseImportMap } from "../lib/runtime/import_map.ts";
import { runTask } from "./command_line.ts";

await runTask({
  name: "lint",
  summary: "Checks lint rules, formatting and types of the whole project.",
  flags: {},
  details:
    "All three are run; the exit code is 1 where one finds something. `deno fmt` formats the files.",
}, async () => {
  Deno.chdir(fileURLToPath(new URL("..", import.meta.url)));
  const importMap = await chooseImportMap();
  const map = importMap === undefined ? [] : ["--import-map", importMap];
  const codes = [
    await runDeno(["lint", "--quiet"]),
    // Deno finds a notebook unformatted whose formatting changes nothing; `notebooks check` is right.
    await runDeno(["fmt", "--check", "--quiet", "--ignore=notebooks,data,node_modules"]),
    await runDeno(["check", "--quiet", ...map, "lib", "tasks", "tests"]),
  ];
  return codes.every((code) => code === 0) ? 0 : 1;
});
