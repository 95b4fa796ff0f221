import { type Canvas, textHeight, textWidth } from "./canvas.ts";
import { type Colour, ink } from "./palette.ts";
import { wrapText } from "./wrap_text.ts";

/** Distance of everything from the canvas's border, in pixels. */
export const EDGE = 12;
/** Of all text but the title. */
export const TEXT_SIZE = 12.5;
/** From one line of text to the next. */
export const LINE_HEIGHT = 18;
const TITLE_SIZE = 16;
const TITLE_LINE = 22;

/** What a colour or a line of a picture means. */
export interface LegendEntry {
  readonly name: string;
  readonly colour: Colour;
  readonly kind: "line" | "dashed" | "block" | "dot";
}

/** Title and legend at the top of a canvas; the pixel row below them. */
export function drawHeading(
  canvas: Canvas,
  title: string,
  legend: readonly LegendEntry[],
): number {
  let top = EDGE;
  for (const line of wrapText(title, canvas.width - 2 * EDGE, TITLE_SIZE)) {
    canvas.text(line, EDGE, top, ink, { size: TITLE_SIZE, bold: true });
    top += TITLE_LINE;
  }
  let left = EDGE;
  legend.forEach(({ name, colour, kind }, index) => {
    const width = 30 + textWidth(name, TEXT_SIZE);
    if (index > 0 && left + width > canvas.width - EDGE) {
      left = EDGE;
      top += LINE_HEIGHT;
    }
    const middle = top + textHeight(TEXT_SIZE) / 2;
    if (kind === "block") canvas.rectangle([left, middle - 5], [left + 22, middle + 5], colour);
    else if (kind === "dot") canvas.disc([left + 12, middle], 4.5, colour);
    else {
      const dash = kind === "dashed" ? [6, 5] as const : undefined;
      canvas.line([[left + 1, middle], [left + 22, middle]], colour, { width: 2.5, dash });
    }
    canvas.text(name, left + 28, top, ink, { size: TEXT_SIZE });
    left += width + 18;
  });
  return legend.length === 0 ? top : top + LINE_HEIGHT;
}
