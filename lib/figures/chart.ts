import { Canvas, type Frame, type Point, textHeight, textWidth } from "./canvas.ts";
import { drawHeading, EDGE, type LegendEntry, LINE_HEIGHT, TEXT_SIZE } from "./heading.ts";
import { type Colour, ink, white } from "./palette.ts";
import { fewerColours } from "./fewer_colours.ts";
import { encodeIndexedPng } from "./png.ts";
import { linearTicks, logarithmicTicks, type Tick } from "./ticks.ts";
import { wrapText } from "./wrap_text.ts";

/** An axis of numbers, or of categories at 0, 1, 2, ... */
export interface ChartAxis {
  readonly title: string;
  /** The numbers at both ends, first left or below. */
  readonly range: readonly [number, number];
  readonly logarithmic?: boolean;
  /** In place of round numbers. */
  readonly categories?: readonly string[];
}

/** What is around a chart's drawing. */
export interface ChartFrame {
  readonly title: string;
  readonly x: ChartAxis;
  readonly y: ChartAxis;
  /** Left out when it has one entry only, which the title tells as well. */
  readonly legend?: readonly LegendEntry[];
  readonly width?: number;
  readonly height?: number;
  /** Room on the right for what the caller draws there, in pixels. */
  readonly rightMargin?: number;
}

const axisInk: Colour = [130, 130, 130];
const gridInk: Colour = [227, 227, 227];
/** Of labels that would not fit else. */
const SMALL_SIZE = 11;
const LABEL_LINE = 15;

/** A diagram on a white canvas: title, legend, two axes, and a part in between to draw into. */
export class Chart {
  readonly canvas: Canvas;
  /** Where values are drawn. */
  readonly plot: Frame;
  readonly #x: ChartAxis;
  readonly #y: ChartAxis;

  constructor(frame: ChartFrame) {
    const { title, x, y, legend = [], width = 640, height = 400, rightMargin = 0 } = frame;
    this.canvas = new Canvas(width, height, white);
    this.#x = x;
    this.#y = y;
    const top = drawHeading(this.canvas, title, legend.length > 1 ? legend : []);
    const yTicks = ticksOf(y);
    const labelWidth = Math.max(0, ...yTicks.map(({ label }) => textWidth(label, TEXT_SIZE)));
    const left = Math.ceil(EDGE + (y.title ? LINE_HEIGHT + 4 : 0) + labelWidth + 8);
    const right = width - EDGE - 6 - rightMargin;
    const below = labelsBelow(
      ticksOf(x),
      (right - left) / Math.max(1, x.categories?.length ?? 1),
      x,
    );
    this.plot = {
      left,
      top: top + 8,
      right,
      bottom: Math.round(height - EDGE - below.height - (x.title ? LINE_HEIGHT + 4 : 0)),
    };
    this.#drawAxes(yTicks, below);
  }

  /** The pixel of a value of the horizontal axis. */
  x(value: number): number {
    return this.plot.left + this.#share(this.#x, value) * (this.plot.right - this.plot.left);
  }

  /** The pixel of a value of the vertical axis. */
  y(value: number): number {
    return this.plot.bottom - this.#share(this.#y, value) * (this.plot.bottom - this.plot.top);
  }

  /** The pixels of points; those that are not finite part the line into pieces. */
  pieces(xs: ArrayLike<number>, ys: ArrayLike<number>): Point[][] {
    const pieces: Point[][] = [[]];
    for (let i = 0; i < xs.length; i++) {
      const point: Point = [this.x(xs[i]), this.y(ys[i])];
      if (point.every(Number.isFinite)) pieces[pieces.length - 1].push(point);
      else if (pieces[pieces.length - 1].length > 0) pieces.push([]);
    }
    return pieces.filter((piece) => piece.length > 0);
  }

  /** Draws within the axes only. */
  inside(draw: (canvas: Canvas) => void): void {
    const whole = this.canvas.clip;
    this.canvas.clip = this.plot;
    draw(this.canvas);
    this.canvas.clip = whole;
  }

  /** The finished picture as a PNG. */
  png(): Uint8Array {
    return encodeIndexedPng(fewerColours(this.canvas));
  }

  #share({ range: [low, high], logarithmic }: ChartAxis, value: number): number {
    if (logarithmic) return Math.log(value / low) / Math.log(high / low);
    return (value - low) / (high - low);
  }

  #drawAxes(yTicks: readonly Tick[], below: LabelsBelow): void {
    const { canvas, plot: { left, top, right, bottom } } = this;
    const text = { size: TEXT_SIZE };
    const middle = textHeight(TEXT_SIZE) / 2;
    for (const { at, label } of yTicks) {
      const y = Math.round(this.y(at)) + 0.5;
      if (!this.#y.categories) {
        canvas.line([[left, y], [right, y]], gridInk, { width: 1 });
        canvas.line([[left - 4, y], [left, y]], axisInk, { width: 1 });
      }
      canvas.text(label, left - 7, y - middle, ink, { ...text, align: "right" });
    }
    for (const { at, lines } of below.labels) {
      const x = Math.round(this.x(at)) + 0.5;
      if (!this.#x.categories) {
        canvas.line([[x, top], [x, bottom]], gridInk, { width: 1 });
        canvas.line([[x, bottom], [x, bottom + 4]], axisInk, { width: 1 });
      }
      lines.forEach((line, row) => {
        const place = bottom + 8 + row * LABEL_LINE;
        const style = { size: below.size };
        if (below.turned) {
          canvas.text(line, x + 6, place, ink, { ...style, align: "right", turn: -30 });
        } else canvas.text(line, x, place, ink, { ...style, align: "centre" });
      });
    }
    canvas.line([[left + 0.5, top], [left + 0.5, bottom + 0.5]], axisInk, { width: 1 });
    canvas.line([[left, bottom + 0.5], [right, bottom + 0.5]], axisInk, { width: 1 });
    const centreX = (left + right) / 2;
    const titleY = canvas.height - EDGE - textHeight(TEXT_SIZE) - 2;
    canvas.text(this.#x.title, centreX, titleY, ink, { ...text, align: "centre" });
    const centreY = (top + bottom) / 2;
    canvas.text(this.#y.title, EDGE - 2, centreY, ink, { ...text, align: "centre", turn: -90 });
  }
}

function ticksOf({ range: [from, to], logarithmic, categories }: ChartAxis): Tick[] {
  if (categories) return categories.map((label, at) => ({ at, label }));
  const [low, high] = [Math.min(from, to), Math.max(from, to)];
  return logarithmic ? logarithmicTicks(low, high) : linearTicks(low, high);
}

interface LabelsBelow {
  readonly labels: readonly { readonly at: number; readonly lines: readonly string[] }[];
  /** Pixels below the axis. */
  readonly height: number;
  readonly size: number;
  readonly turned: boolean;
}

/** Labels of the horizontal axis: in lines as wide as a category, or turned where a word is wider. */
function labelsBelow(ticks: readonly Tick[], slot: number, { categories }: ChartAxis): LabelsBelow {
  const asIs = ticks.map(({ at, label }) => ({ at, lines: [label] }));
  const upright = { size: TEXT_SIZE, turned: false };
  if (!categories) return { labels: asIs, height: LINE_HEIGHT + 4, ...upright };
  for (const size of [TEXT_SIZE, SMALL_SIZE]) {
    const labels = ticks.map(({ at, label }) => ({ at, lines: wrapText(label, slot - 5, size) }));
    const all = labels.flatMap(({ lines }) => lines);
    if (all.some((line) => textWidth(line, size) > slot - 5)) continue;
    const rows = Math.max(1, ...labels.map(({ lines }) => lines.length));
    return { labels, height: 10 + rows * LABEL_LINE, size, turned: false };
  }
  const widest = Math.max(...ticks.map(({ label }) => textWidth(label, TEXT_SIZE)));
  return { labels: asIs, height: Math.ceil(16 + widest / 2), size: TEXT_SIZE, turned: true };
}
