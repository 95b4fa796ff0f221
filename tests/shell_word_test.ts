import { assertEquals } from "@std/assert";
import { shellWord } from "../lib/shell_word.ts";

Deno.test("a shell gets every word as it was", async () => {
  const words = [
    "plain/path-1.5=a,b",
    "two words",
    "it's",
    `it's "$HOME" \\ \`x\``,
    "",
    "a\nb",
    "!",
  ];
  const script = `printf '%s\\0' ${words.map(shellWord).join(" ")}`;
  const { stdout } = await new Deno.Command("sh", { args: ["-c", script] }).output();
  assertEquals(new TextDecoder().decode(stdout).split("\0").slice(0, -1), words);
  assertEquals(shellWord("paper's detector.detector=12"), `"paper's detector.detector=12"`);
});
