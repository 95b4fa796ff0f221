/** A process for op_library_test.ts: asks twice for the op library, the second time as told. */
import { describeOpLibrary, ensureOpLibrary } from "../../lib/runtime/op_library.ts";

const news: string[] = [];
const report = (line: string) => void news.push(line);
const force = Deno.args.includes("--force");
const states = [];
for (const forced of [false, force]) {
  await ensureOpLibrary({ report, force: forced });
  states.push(describeOpLibrary());
}
console.log(JSON.stringify({ states, news }));
