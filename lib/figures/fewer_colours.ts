import type { IndexedPicture, Picture } from "./png.ts";

/** Colours a palette can have. */
const PALETTE_LIMIT = 256;

/** A colour as one number, and how many pixels have it. */
interface CountedColour {
  readonly colour: number;
  readonly count: number;
}

/**
 * A picture with at most 256 colours, which makes a file several times smaller: the same picture
 * where it has no more; else near colours become the most frequent one among them, where those that
 * are furthest apart are parted first, so that a small dot keeps its hue.
 *
 * @param picture red-green-blue
 */
export function fewerColours({ width, height, data }: Picture): IndexedPicture {
  const counts = new Map<number, number>();
  for (let at = 0; at < data.length; at += 3) {
    const colour = colourAt(data, at);
    counts.set(colour, (counts.get(colour) ?? 0) + 1);
  }
  const groups = groupsOf(Array.from(counts, ([colour, count]) => ({ colour, count })));
  const placeOf = new Map(
    groups.flatMap((group, place) => group.map(({ colour }) => [colour, place] as const)),
  );
  return {
    width,
    height,
    channels: 1,
    data: Uint8Array.from(
      { length: width * height },
      (_, pixel) => placeOf.get(colourAt(data, 3 * pixel)) ?? 0,
    ),
    palette: Uint8Array.from(groups.flatMap((group) => {
      const { colour } = group.reduce((most, one) => one.count > most.count ? one : most);
      return channels.map((channel) => channelOf(colour, channel));
    })),
  };
}

const channels = [0, 1, 2] as const;

function colourAt(data: Uint8Array, at: number): number {
  return data[at] << 16 | data[at + 1] << 8 | data[at + 2];
}

function channelOf(colour: number, channel: number): number {
  return colour >> (16 - 8 * channel) & 255;
}

/** Groups of near colours: the group that is widest in a channel is halved, again and again. */
function groupsOf(colours: CountedColour[]): CountedColour[][] {
  const groups = [widthOf(colours)];
  while (groups.length < PALETTE_LIMIT) {
    const widest = groups.reduce((most, one) => one.width > most.width ? one : most);
    if (widest.width === 0) break;
    const { colours, channel, middle } = widest;
    const isLow = ({ colour }: CountedColour) => channelOf(colour, channel) <= middle;
    groups.splice(
      groups.indexOf(widest),
      1,
      widthOf(colours.filter(isLow)),
      widthOf(colours.filter((colour) => !isLow(colour))),
    );
  }
  return groups.map(({ colours }) => colours);
}

/** How far a group's colours are apart in the channel in which they are furthest apart. */
function widthOf(colours: CountedColour[]) {
  const spans = channels.map((channel) => {
    let [low, high] = [255, 0];
    for (const { colour } of colours) {
      low = Math.min(low, channelOf(colour, channel));
      high = Math.max(high, channelOf(colour, channel));
    }
    return { channel, width: high - low, middle: (low + high) / 2 };
  });
  return { colours, ...spans.reduce((most, one) => one.width > most.width ? one : most) };
}
