import { glyphHeight, glyphOf, glyphWidth } from "./font.ts";
import type { Picture } from "./png.ts";

/** Red, green, blue in 0 .. 255. */
export type Colour = readonly [number, number, number];

/** A picture in colour to draw on; what lies outside it is not drawn. */
export class Canvas implements Picture {
  readonly width: number;
  readonly height: number;
  readonly channels = 3;
  readonly data: Uint8Array;

  /** Black. */
  constructor(width: number, height: number) {
    this.width = width;
    this.height = height;
    this.data = new Uint8Array(width * height * 3);
  }

  /** Mixes a colour into a pixel; opacity 1 replaces what was there. */
  blend(x: number, y: number, colour: Colour, opacity = 1): void {
    if (x < 0 || y < 0 || x >= this.width || y >= this.height) return;
    const at = 3 * (x + this.width * y);
    for (let i = 0; i < 3; i++) {
      this.data[at + i] = Math.round((1 - opacity) * this.data[at + i] + opacity * colour[i]);
    }
  }

  /** A filled rectangle from its top left pixel. */
  fill(left: number, top: number, width: number, height: number, colour: Colour): void {
    for (let y = top; y < top + height; y++) {
      for (let x = left; x < left + width; x++) this.blend(x, y, colour);
    }
  }

  /** The border of the rectangle between two pixels, both included, drawn inwards. */
  outline(
    [left, top]: readonly [number, number],
    [right, bottom]: readonly [number, number],
    colour: Colour,
    thickness: number,
  ): void {
    const [width, height] = [right - left + 1, bottom - top + 1];
    this.fill(left, top, width, thickness, colour);
    this.fill(left, bottom - thickness + 1, width, thickness, colour);
    this.fill(left, top, thickness, height, colour);
    this.fill(right - thickness + 1, top, thickness, height, colour);
  }

  /** Text from its top left pixel, with a dark rim so that it can be read on any ground. */
  text(text: string, left: number, top: number, colour: Colour, scale = 1): void {
    const dots = dotsOf(text);
    for (const [x, y] of dots) {
      this.fill(left + x * scale - 1, top + y * scale - 1, scale + 2, scale + 2, [0, 0, 0]);
    }
    for (const [x, y] of dots) this.fill(left + x * scale, top + y * scale, scale, scale, colour);
  }
}

/** Width of a text in pixels. */
export function textWidth(text: string, scale = 1): number {
  return Math.max(0, text.length * (glyphWidth + 1) - 1) * scale;
}

/** Height of a line of text in pixels. */
export function textHeight(scale = 1): number {
  return glyphHeight * scale;
}

function dotsOf(text: string): [number, number][] {
  return [...text].flatMap((character, index) => {
    const rows = glyphOf(character);
    return rows.flatMap((row, y) =>
      [...row].flatMap((dot, x): [number, number][] =>
        dot === "#" ? [[index * (glyphWidth + 1) + x, y]] : []
      )
    );
  });
}
