import { type Colour, css } from "./palette.ts";

/** From little (nearly white) to much (dark blue): a difference in lightness that every eye sees. */
const anchors: readonly Colour[] = [
  [247, 251, 255],
  [198, 219, 239],
  [107, 174, 214],
  [33, 113, 181],
  [8, 48, 107],
];

/** The colour of a share, 0 .. 1. */
export function scaleColour(share: number): Colour {
  const place = Math.min(1, Math.max(0, share)) * (anchors.length - 1);
  const below = Math.min(anchors.length - 2, Math.floor(place));
  const [a, b] = [anchors[below], anchors[below + 1]];
  const mix = (channel: 0 | 1 | 2) =>
    Math.round(a[channel] + (place - below) * (b[channel] - a[channel]));
  return [mix(0), mix(1), mix(2)];
}

/** Whether white text reads better than black on the colour of a share. */
export function isDark(share: number): boolean {
  return share > 0.55;
}

/** The same scale for plotly. */
export const plotlyColourScale: readonly (readonly [number, string])[] = anchors.map(
  (colour, index) => [index / (anchors.length - 1), css(colour)],
);
