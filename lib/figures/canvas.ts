import { CAPITAL_HEIGHT, GLYPH_GAP, glyphOf } from "./font.ts";
import type { Colour } from "./palette.ts";
import type { Picture } from "./png.ts";

/** A place on a canvas; pixel (i, j) covers [i, i + 1) x [j, j + 1), y downwards. */
export type Point = readonly [number, number];

/** How a line is drawn. */
export interface LineStyle {
  /** In pixels; 1.5 by default. */
  readonly width?: number;
  /** 0 .. 1; 1 by default. */
  readonly opacity?: number;
  /** Lengths of dashes and of the gaps between them in pixels; a whole line by default. */
  readonly dash?: readonly [number, number];
}

/** How a text is drawn. */
export interface TextStyle {
  /** Height of a line's letters from top to lowest point in pixels, as fonts count; 12 by default. */
  readonly size?: number;
  /** Which part of the text is at the given place; its left end by default. */
  readonly align?: "left" | "centre" | "right";
  /** In degrees, clockwise, about the given place; 0 by default. */
  readonly turn?: number;
  readonly bold?: boolean;
  /** A dark rim, with which light text can be read on any ground. */
  readonly rim?: boolean;
}

/** A rectangle between whole pixels, half-open. */
export interface Frame {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** A picture in colour to draw on, with smooth edges; what lies outside it is not drawn. */
export class Canvas implements Picture {
  readonly width: number;
  readonly height: number;
  readonly channels = 3;
  readonly data: Uint8Array;
  /** What lies outside this part is not drawn; the whole canvas unless set. */
  clip: Frame;
  /** How much of each pixel the shape in work covers: 0 outside of any call. */
  readonly #cover: Float32Array;

  /** In one colour, black by default. */
  constructor(width: number, height: number, ground: Colour = [0, 0, 0]) {
    this.width = width;
    this.height = height;
    this.data = new Uint8Array(width * height * 3);
    this.clip = { left: 0, top: 0, right: width, bottom: height };
    this.#cover = new Float32Array(width * height);
    if (ground.some((value) => value !== 0)) this.fill(0, 0, width, height, ground);
  }

  /** Mixes a colour into a pixel; opacity 1 replaces what was there. */
  blend(x: number, y: number, colour: Colour, opacity = 1): void {
    const { left, top, right, bottom } = this.clip;
    if (x < left || y < top || x >= right || y >= bottom) return;
    const at = 3 * (x + this.width * y);
    for (let i = 0; i < 3; i++) {
      this.data[at + i] = Math.round((1 - opacity) * this.data[at + i] + opacity * colour[i]);
    }
  }

  /** A picture in shades of grey from its top left pixel. */
  grey(left: number, top: number, { width, height, data }: Picture & { channels: 1 }): void {
    const { clip } = this;
    const [fromX, toX] = [Math.max(left, clip.left), Math.min(left + width, clip.right)];
    const [fromY, toY] = [Math.max(top, clip.top), Math.min(top + height, clip.bottom)];
    for (let y = fromY; y < toY; y++) {
      let at = 3 * (fromX + this.width * y);
      const row = width * (y - top) - left;
      for (let x = fromX; x < toX; x++) {
        const value = data[row + x];
        this.data[at++] = value;
        this.data[at++] = value;
        this.data[at++] = value;
      }
    }
  }

  /** A filled rectangle from its top left pixel. */
  fill(left: number, top: number, width: number, height: number, colour: Colour): void {
    for (let y = top; y < top + height; y++) {
      for (let x = left; x < left + width; x++) this.blend(x, y, colour);
    }
  }

  /** The border of the rectangle between two pixels, both included, drawn inwards. */
  outline([left, top]: Point, [right, bottom]: Point, colour: Colour, thickness: number): void {
    const [width, height] = [right - left + 1, bottom - top + 1];
    this.fill(left, top, width, thickness, colour);
    this.fill(left, bottom - thickness + 1, width, thickness, colour);
    this.fill(left, top, thickness, height, colour);
    this.fill(right - thickness + 1, top, thickness, height, colour);
  }

  /** A line through points, with round ends. */
  line(points: readonly Point[], colour: Colour, style: LineStyle = {}): void {
    const { width = 1.5, opacity = 1, dash } = style;
    const pieces = dash ? dashes(points, dash) : [points];
    this.#paint(this.#coverLines(pieces, width / 2), colour, opacity);
  }

  /** The inside of closed lines, by the even-odd rule: a line within another one is a hole. */
  polygon(rings: readonly (readonly Point[])[], colour: Colour, opacity = 1): void {
    this.#paint(this.#coverInside(rings), colour, opacity);
  }

  /** A rectangle whose sides may lie between pixels. */
  rectangle([x0, y0]: Point, [x1, y1]: Point, colour: Colour, opacity = 1): void {
    this.polygon([[[x0, y0], [x1, y0], [x1, y1], [x0, y1]]], colour, opacity);
  }

  /** A filled circle. */
  disc(centre: Point, radius: number, colour: Colour, opacity = 1): void {
    this.#paint(this.#coverLines([[centre, centre]], radius), colour, opacity);
  }

  /** A line of text whose capitals' tops are at `top`; for turned text, the line through `top`. */
  text(text: string, left: number, top: number, colour: Colour, style: TextStyle = {}): void {
    const { size = 12, align = "left", turn = 0, bold = false, rim = false } = style;
    const scale = unitOf(size);
    const shift = { left: 0, centre: 0.5, right: 1 }[align] * textWidth(text, size);
    const [cos, sin] = [Math.cos(turn * Math.PI / 180), Math.sin(turn * Math.PI / 180)];
    const strokes: Point[][] = [];
    let advance = -shift + GLYPH_GAP * scale / 2;
    for (const character of text) {
      const glyph = glyphOf(character);
      for (const stroke of glyph.strokes) {
        strokes.push(stroke.map(([x, y]) => {
          const [along, across] = [advance + x * scale, y * scale];
          return [left + along * cos - across * sin, top + along * sin + across * cos];
        }));
      }
      advance += (glyph.width + GLYPH_GAP) * scale;
    }
    const pen = Math.max(0.55, size * (bold ? 0.068 : 0.05));
    if (rim) this.#paint(this.#coverLines(strokes, pen + 1.2), [0, 0, 0], 0.75);
    this.#paint(this.#coverLines(strokes, pen), colour, 1);
  }

  /** Marks what lies within `radius` of the lines; the part of the canvas that it touched. */
  #coverLines(lines: readonly (readonly Point[])[], radius: number): Frame {
    let touched = nowhere;
    for (const points of lines) {
      for (let i = 1; i < points.length; i++) {
        touched = union(touched, this.#coverSegment(points[i - 1], points[i], radius));
      }
    }
    return touched;
  }

  #coverSegment([x0, y0]: Point, [x1, y1]: Point, radius: number): Frame {
    const reach = radius + 0.5;
    const frame = this.#inside({
      left: Math.floor(Math.min(x0, x1) - reach),
      top: Math.floor(Math.min(y0, y1) - reach),
      right: Math.ceil(Math.max(x0, x1) + reach),
      bottom: Math.ceil(Math.max(y0, y1) + reach),
    });
    const [dx, dy] = [x1 - x0, y1 - y0];
    const square = dx * dx + dy * dy;
    for (let y = frame.top; y < frame.bottom; y++) {
      for (let x = frame.left; x < frame.right; x++) {
        const [px, py] = [x + 0.5 - x0, y + 0.5 - y0];
        const share = square === 0 ? 0 : Math.min(1, Math.max(0, (px * dx + py * dy) / square));
        const cover = reach - Math.hypot(px - share * dx, py - share * dy);
        const at = x + this.width * y;
        if (cover > this.#cover[at]) this.#cover[at] = Math.min(1, cover);
      }
    }
    return frame;
  }

  /** Marks the inside of rings: in four lines a pixel row, exactly along each. */
  #coverInside(rings: readonly (readonly Point[])[]): Frame {
    const all = rings.flat();
    const frame = this.#inside({
      left: Math.floor(Math.min(...all.map(([x]) => x))),
      top: Math.floor(Math.min(...all.map(([, y]) => y))),
      right: Math.ceil(Math.max(...all.map(([x]) => x))),
      bottom: Math.ceil(Math.max(...all.map(([, y]) => y))),
    });
    const lines = 4;
    for (let line = frame.top * lines; line < frame.bottom * lines; line++) {
      const crossings = crossingsOf(rings, (line + 0.5) / lines);
      const row = this.width * Math.floor(line / lines);
      for (let i = 0; i + 1 < crossings.length; i += 2) {
        const [from, to] = [
          Math.max(frame.left, crossings[i]),
          Math.min(frame.right, crossings[i + 1]),
        ];
        for (let x = Math.floor(from); x < to; x++) {
          const part = Math.min(to, x + 1) - Math.max(from, x);
          this.#cover[row + x] += part / lines;
        }
      }
    }
    return frame;
  }

  /** Mixes the colour into what is marked, and takes the marks away. */
  #paint({ left, top, right, bottom }: Frame, colour: Colour, opacity: number): void {
    for (let y = top; y < bottom; y++) {
      for (let x = left; x < right; x++) {
        const at = x + this.width * y;
        const cover = this.#cover[at];
        if (cover === 0) continue;
        this.blend(x, y, colour, Math.min(1, cover) * opacity);
        this.#cover[at] = 0;
      }
    }
  }

  #inside({ left, top, right, bottom }: Frame): Frame {
    return {
      left: Math.max(this.clip.left, left),
      top: Math.max(this.clip.top, top),
      right: Math.min(this.clip.right, right),
      bottom: Math.min(this.clip.bottom, bottom),
    };
  }
}

/** Width of a line of text in pixels. */
export function textWidth(text: string, size = 12): number {
  const units = [...text].reduce((sum, character) => sum + glyphOf(character).width + GLYPH_GAP, 0);
  return units * unitOf(size);
}

/** Height of a capital letter in pixels. */
export function textHeight(size = 12): number {
  return CAPITAL_HEIGHT * unitOf(size);
}

/** Pixels a unit of the font: capitals are 0.72 of the size, as in most fonts. */
function unitOf(size: number): number {
  return 0.72 * size / CAPITAL_HEIGHT;
}

const nowhere: Frame = { left: Infinity, top: Infinity, right: -Infinity, bottom: -Infinity };

function union(a: Frame, b: Frame): Frame {
  return {
    left: Math.min(a.left, b.left),
    top: Math.min(a.top, b.top),
    right: Math.max(a.right, b.right),
    bottom: Math.max(a.bottom, b.bottom),
  };
}

/** Where closed lines cross a horizontal line, from the left. */
function crossingsOf(rings: readonly (readonly Point[])[], y: number): number[] {
  const crossings: number[] = [];
  for (const ring of rings) {
    for (let i = 0; i < ring.length; i++) {
      const [x0, y0] = ring[i];
      const [x1, y1] = ring[(i + 1) % ring.length];
      if (y0 <= y === y1 <= y) continue;
      crossings.push(x0 + (y - y0) / (y1 - y0) * (x1 - x0));
    }
  }
  return crossings.sort((a, b) => a - b);
}

/** The pieces of a line that are drawn when it is dashed. */
function dashes(points: readonly Point[], [drawn, gap]: readonly [number, number]): Point[][] {
  const pieces: Point[][] = [];
  let isDrawn = true;
  let left = drawn;
  let piece: Point[] = points.length > 0 ? [points[0]] : [];
  for (let i = 1; i < points.length; i++) {
    let [x, y] = points[i - 1];
    const [endX, endY] = points[i];
    let length = Math.hypot(endX - x, endY - y);
    while (length > left) {
      [x, y] = [x + (endX - x) * left / length, y + (endY - y) * left / length];
      length -= left;
      if (isDrawn) pieces.push([...piece, [x, y]]);
      isDrawn = !isDrawn;
      left = isDrawn ? drawn : gap;
      piece = [[x, y]];
    }
    left -= length;
    piece.push([endX, endY]);
  }
  if (isDrawn && piece.length > 1) pieces.push(piece);
  return pieces;
}
