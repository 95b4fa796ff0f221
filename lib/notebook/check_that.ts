import { UserError } from "../errors.ts";
import { showMarkdown } from "./show.ts";

/**
 * Shows what a notebook claims to have reached, and whether it is so: its last cell.
 *
 * @param claims sentences, and whether they hold: `{ "every organ is inside its box": true }`
 * @throws {UserError} when one does not hold, naming all of these
 */
export async function checkThat(claims: Readonly<Record<string, boolean>>): Promise<void> {
  const entries = Object.entries(claims);
  const lines = entries.map(([claim, holds]) => `- ${holds ? "✓" : "✗ **not so:**"} ${claim}`);
  await showMarkdown(lines.join("\n"));
  const wrong = entries.filter(([, holds]) => !holds).map(([claim]) => claim);
  if (wrong.length === 0) return;
  throw new UserError({
    what: "the notebook did not reach what it is for",
    rule: "each of its claims must hold",
    seen: `otherwise for: ${wrong.join("; ")}`,
    remedy:
      "Restart the kernel and run all cells; if that does not help, look at the section that " +
      "the claim is of",
  });
}
