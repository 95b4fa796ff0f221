/** A curve to be drawn with characters. */
export interface TextCurve {
  readonly title: string;
  /** Rising. */
  readonly x: readonly number[];
  /** As long as `x`; what is not finite is a gap. */
  readonly y: readonly number[];
  /** What the whole width stands for. */
  readonly xRange: readonly [number, number];
}

/** Columns of the labels on the left of a curve. */
const labelWidth = 8;

/**
 * A curve in braille characters, 2 by 4 dots each, under its title and beside its greatest and its
 * least value: `rows + 1` lines of `columns` characters.
 */
export function textCurve(curve: TextCurve, columns: number, rows: number): string[] {
  const width = Math.max(1, columns - labelWidth - 1);
  const finite = curve.y.filter(Number.isFinite);
  const labels = Array<string>(rows).fill("");
  if (finite.length > 0) {
    labels[rows - 1] = formatValue(Math.min(...finite));
    labels[0] = formatValue(Math.max(...finite));
  }
  const dots = drawDots(curve, 2 * width, 4 * rows);
  const lines = Array.from({ length: rows }, (_, row) => {
    const cells = Array.from({ length: width }, (_, column) => braille(dots, column, row, width));
    return `${labels[row].padStart(labelWidth)} ${cells.join("")}`;
  });
  return [curve.title.slice(0, columns).padEnd(columns), ...lines];
}

/** Which dots of a raster are set, rows from the top: points, and lines between neighbours. */
function drawDots({ x, y, xRange }: TextCurve, width: number, height: number): Uint8Array {
  const dots = new Uint8Array(width * height);
  const finite = y.filter(Number.isFinite);
  const [low, high] = [Math.min(...finite), Math.max(...finite)];
  const column = (value: number) =>
    Math.round((width - 1) * (value - xRange[0]) / Math.max(1e-9, xRange[1] - xRange[0]));
  const row = (value: number) =>
    high === low ? height >> 1 : Math.round((height - 1) * (high - value) / (high - low));
  let before: readonly [number, number] | null = null;
  x.forEach((at, i) => {
    if (!Number.isFinite(y[i])) {
      before = null;
      return;
    }
    const point = [column(at), row(y[i])] as const;
    for (const [left, top] of line(before ?? point, point)) {
      if (left >= 0 && left < width) dots[left + width * top] = 1;
    }
    before = point;
  });
  return dots;
}

/** The dots of a line, ends included. */
function* line(
  from: readonly [number, number],
  to: readonly [number, number],
): Generator<[number, number]> {
  const [across, down] = [to[0] - from[0], to[1] - from[1]];
  const steps = Math.max(Math.abs(across), Math.abs(down), 1);
  for (let i = 0; i <= steps; i++) {
    yield [Math.round(from[0] + across * i / steps), Math.round(from[1] + down * i / steps)];
  }
}

/** Bits of the dots of a braille character (Unicode 15, chapter 21.1), by column and row. */
const dotBits = [[0x01, 0x02, 0x04, 0x40], [0x08, 0x10, 0x20, 0x80]];

function braille(dots: Uint8Array, column: number, row: number, columns: number): string {
  let bits = 0;
  dotBits.forEach((bitsOfColumn, across) =>
    bitsOfColumn.forEach((bit, down) => {
      if (dots[2 * column + across + 2 * columns * (4 * row + down)] === 1) bits |= bit;
    })
  );
  return bits === 0 ? " " : String.fromCodePoint(0x2800 + bits);
}

/** Four significant digits, in seven characters at most. */
function formatValue(value: number): string {
  const size = Math.abs(value);
  return size >= 1e5 || (size > 0 && size < 1e-3) ? value.toExponential(1) : value.toPrecision(4);
}
