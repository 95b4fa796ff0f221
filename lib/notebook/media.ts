import type { Json } from "../figures/figure.ts";
import { UserError } from "../errors.ts";

/**
 * One output in several forms, by MIME type; a front end shows the richest that it knows. The text
 * is what stands for a picture where that cannot be seen.
 */
export type MediaBundle = Readonly<Record<string, string | { readonly [key: string]: Json }>>;

/** Where an output goes: a place of its own, or one that can be written again. */
export interface Place {
  /** Names the place. */
  readonly id: string;
  /** True to replace what is there. */
  readonly replace: boolean;
}

/**
 * How long an output is waited for. The kernel sends outputs on a thread of its own, and nothing
 * says when one is gone; on two cores with eight busy processes beside, 10 ms and half a
 * millisecond for each 10 kB were enough in all of 225 outputs, 5 ms and half of that were not.
 */
const settle = { ms: 30, bytesPerMs: 10_000 };

/**
 * Sends an output to the notebook and waits until it is on its way: the kernel may else report the
 * end of the cell before a large output, which front ends then drop.
 *
 * @throws {UserError} outside a notebook
 */
export async function sendMedia(media: MediaBundle, place?: Place): Promise<void> {
  const type = place?.replace ? "update_display_data" : "display_data";
  const transient = place === undefined ? {} : { display_id: place.id };
  const metadata = "image/png" in media ? { "image/png": { alt: media["text/plain"] } } : {};
  await notebook().broadcast(type, { data: media, metadata, transient });
  const bytes = JSON.stringify(media).length;
  await new Promise((resolve) => setTimeout(resolve, settle.ms + bytes / settle.bytesPerMs));
}

/** True inside a kernel. */
export function isNotebook(): boolean {
  try {
    return Deno.jupyter !== undefined;
  } catch {
    return false;
  }
}

function notebook(): typeof Deno.jupyter {
  if (isNotebook()) return Deno.jupyter;
  throw new UserError({
    what: "cannot show an output",
    rule: "there must be a notebook to show it in",
    seen: "called outside one",
    remedy: "Start one with `deno task notebook`",
  });
}
