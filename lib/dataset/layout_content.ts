import { UserError } from "../errors.ts";
import type { Dataset, Modality } from "./dataset.ts";
import type { DatasetJson } from "./dataset_json.ts";

/** What a data set's description may not say. */
export interface OpenOptions {
  /** Overrules what the data set says of its modality. */
  readonly modality?: Modality;
  /**
   * Which channel of scans of several is used, of those that a description declares the first unless
   * given; of a plain pair of folders, which volume of 4D images: they must be 3D unless given.
   */
  readonly channel?: number;
}

/** What the reader of a layout finds out; the rest is the same for all. */
export type LayoutContent = Omit<Dataset, "name" | "root">;

/**
 * The modality that a description's list of channels names: CT is CT and anything else MR;
 * undefined without the channel.
 */
export function modalityOfChannel(
  channels: DatasetJson["channelNames"],
  channel: number,
): Modality | undefined {
  const name = channels?.[channel];
  return name === undefined ? undefined : /^ct$/i.test(name.trim()) ? "ct" : "mr";
}

/** @throws UserError for a channel that the description does not have, naming those it has */
export function requireChannel(
  what: string,
  channelNames: DatasetJson["channelNames"],
  channel: number,
): void {
  const names = channelNames ?? ["without a name"];
  if (channel < names.length) return;
  throw new UserError({
    what,
    rule: `it has no channel ${channel}`,
    remedy: `Its channels: ${names.map((name, number) => `${number} (${name})`).join(", ")}`,
  });
}

/** The error for a data set that does not say what it was made with. */
export function unknownModality(what: string, json: DatasetJson, channel: number): UserError {
  return new UserError({
    what,
    rule: `it must name the modality of channel ${channel}`,
    seen: json.channelNames?.join(", ") ?? "without any",
    remedy: "Give --modality ct or --modality mr",
  });
}
