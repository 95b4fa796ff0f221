/** A line of a glyph: points (x, y), x to the right, y downwards from the top of the capitals. */
export type Stroke = readonly (readonly [number, number])[];

/** A character as lines of a pen, in units of which {@linkcode CAPITAL_HEIGHT} make a capital. */
export interface Glyph {
  /** Of the lines' middles, without the gap to the next glyph. */
  readonly width: number;
  readonly strokes: readonly Stroke[];
}

/** Height of a capital letter from its top (0) to the base line. */
export const CAPITAL_HEIGHT = 14;
/** Between the lines of two neighbouring glyphs. */
export const GLYPH_GAP = 3.5;

/**
 * The glyph of a character in the built-in pen font: Latin letters (without their accents),
 * digits, and the signs that titles and units need. Any other character is an empty box.
 */
export function glyphOf(character: string): Glyph {
  const known = glyphs.get(character);
  if (known) return known;
  const glyph = makeGlyph(character);
  glyphs.set(character, glyph);
  return glyph;
}

const glyphs = new Map<string, Glyph>();

function makeGlyph(character: string): Glyph {
  const superscript = "\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079".indexOf(
    character,
  );
  if (superscript >= 0) return smallDigit(superscript, -1);
  const subscript = "\u2080\u2081\u2082\u2083\u2084\u2085\u2086\u2087\u2088\u2089".indexOf(
    character,
  );
  if (subscript >= 0) return smallDigit(subscript, 8.5);
  if (character === "\u207b") return { width: 5, strokes: strokesOf("M0 3.6L5 3.6") };
  const base = alike[character] ?? character.normalize("NFD")[0];
  const [width, path] = paths[base] ?? unknown;
  return { width, strokes: strokesOf(path) };
}

function smallDigit(digit: number, top: number): Glyph {
  const { width, strokes } = glyphOf(String(digit));
  const size = 0.58;
  return {
    width: size * width,
    strokes: strokes.map((stroke) => stroke.map(([x, y]) => [size * x, top + size * y])),
  };
}

/** Lines of a path in SVG's letters: M starts a line, L goes straight, Q bends to a second point. */
function strokesOf(path: string): Stroke[] {
  const strokes: [number, number][][] = [];
  for (const [, command, numbers] of path.matchAll(/([MLQ])([^MLQ]*)/g)) {
    const [x, y, endX, endY] = numbers.split(" ").map(Number);
    if (command === "M") {
      strokes.push([[x, y]]);
      continue;
    }
    const stroke = strokes[strokes.length - 1];
    if (command === "L") stroke.push([x, y]);
    else stroke.push(...bend(stroke[stroke.length - 1], [x, y], [endX, endY]));
  }
  return strokes;
}

/** Points of a quadratic Bezier curve after its first one. */
function bend(
  [x0, y0]: readonly [number, number],
  [x1, y1]: readonly [number, number],
  [x2, y2]: readonly [number, number],
): [number, number][] {
  const parts = 6;
  return Array.from({ length: parts }, (_, i) => {
    const t = (i + 1) / parts;
    const [a, b, c] = [(1 - t) ** 2, 2 * t * (1 - t), t ** 2];
    return [a * x0 + b * x1 + c * x2, a * y0 + b * y1 + c * y2];
  });
}

/** Characters that are drawn as another one. */
const alike: Readonly<Record<string, string>> = {
  "\u2212": "\u2013",
  "\u2010": "-",
  "\u2011": "-",
  "\u2019": "'",
  "\u2018": "'",
  "\u201c": '"',
  "\u201d": '"',
  "\u03bc": "\u00b5",
  "\u00a0": " ",
  "\u2009": " ",
  "\u2206": "\u0394",
};

const unknown: readonly [number, string] = [7, "M0 0L7 0L7 14L0 14L0 0"];

/** Width and lines of each glyph. */
const paths: Readonly<Record<string, readonly [number, string]>> = {
  " ": [2.2, ""],
  A: [10, "M0 14L5 0L10 14M1.8 9.3L8.2 9.3"],
  B: [9, "M0 7L5 7Q9 7 9 10.5Q9 14 5 14L0 14L0 0L4.5 0Q8.3 0 8.3 3.5Q8.3 7 4.5 7"],
  C: [10, "M10 3Q8.6 0 5.4 0Q0 0 0 7Q0 14 5.4 14Q8.6 14 10 11"],
  D: [10, "M0 0L4 0Q10 0 10 7Q10 14 4 14L0 14L0 0"],
  E: [8, "M8 0L0 0L0 14L8 14M0 6.8L7 6.8"],
  F: [8, "M8 0L0 0L0 14M0 7L6.8 7"],
  G: [10.5, "M10 3Q8.6 0 5.4 0Q0 0 0 7Q0 14 5.4 14Q8.5 14 10.5 12.4L10.5 7.6L6 7.6"],
  H: [9.5, "M0 0L0 14M9.5 0L9.5 14M0 6.8L9.5 6.8"],
  I: [0, "M0 0L0 14"],
  J: [6, "M6 0L6 10Q6 14 3 14Q0.6 14 0 11.5"],
  K: [9, "M0 0L0 14M8.6 0L0 8.6M3 5.8L9 14"],
  L: [7.5, "M0 0L0 14L7.5 14"],
  M: [12, "M0 14L0 0L6 10L12 0L12 14"],
  N: [9.5, "M0 14L0 0L9.5 14L9.5 0"],
  O: [11, "M5.5 0Q11 0 11 7Q11 14 5.5 14Q0 14 0 7Q0 0 5.5 0"],
  P: [8.5, "M0 14L0 0L4.5 0Q8.5 0 8.5 4Q8.5 8 4.5 8L0 8"],
  Q: [11, "M5.5 0Q11 0 11 7Q11 14 5.5 14Q0 14 0 7Q0 0 5.5 0M6.5 10.5L11 15"],
  R: [9, "M0 14L0 0L4.5 0Q8.5 0 8.5 3.9Q8.5 7.8 4.5 7.8L0 7.8M4.8 7.8L9 14"],
  S: [
    8.5,
    "M8.2 2.6Q7.2 0 4.3 0Q0.4 0 0.4 3.4Q0.4 6 4.2 6.8Q8.5 7.7 8.5 10.5Q8.5 14 4.3 14Q0.8 14 0 11.2",
  ],
  T: [9, "M0 0L9 0M4.5 0L4.5 14"],
  U: [9.5, "M0 0L0 9Q0 14 4.75 14Q9.5 14 9.5 9L9.5 0"],
  V: [10, "M0 0L5 14L10 0"],
  W: [14, "M0 0L3.5 14L7 1L10.5 14L14 0"],
  X: [9.5, "M0 0L9.5 14M9.5 0L0 14"],
  Y: [9.5, "M0 0L4.75 7.2L9.5 0M4.75 7.2L4.75 14"],
  Z: [9, "M0.2 0L9 0L0 14L9 14"],
  a: [
    7.5,
    "M0.6 6.4Q1.4 4 4 4Q7.5 4 7.5 7.4L7.5 14M7.5 8.2L4.4 8.4Q0 8.7 0 11.4Q0 14 3.2 14Q6.6 14 7.5 11",
  ],
  b: [8, "M0 0L0 14M0 9Q0 4 4 4Q8 4 8 9Q8 14 4 14Q0 14 0 9"],
  c: [7.5, "M7.5 6.2Q6.6 4 4.2 4Q0 4 0 9Q0 14 4.2 14Q6.6 14 7.5 11.8"],
  d: [8, "M8 0L8 14M8 9Q8 4 4 4Q0 4 0 9Q0 14 4 14Q8 14 8 9"],
  e: [8, "M0 9L8 9Q8 4 4.1 4Q0 4 0 9Q0 14 4.3 14Q7 14 7.8 11.8"],
  f: [5, "M5 0.3Q2 -0.8 2 3L2 14M0 4.6L4.8 4.6"],
  g: [
    8,
    "M8 4.2L8 14.5Q8 18.4 4 18.4Q1.4 18.4 0.5 16.6M8 9Q8 4 4 4Q0 4 0 9Q0 14 4 14Q8 14 8 9",
  ],
  h: [7.5, "M0 0L0 14M0 8.5Q0.4 4 4 4Q7.5 4 7.5 8L7.5 14"],
  i: [0, "M0 4.2L0 14M0 0.2L0 1"],
  j: [2.5, "M2.5 4.2L2.5 15.5Q2.5 18.4 0 18.2M2.5 0.2L2.5 1"],
  k: [7.5, "M0 0L0 14M7 4.2L0 10.4M2.6 8.2L7.5 14"],
  l: [0, "M0 0L0 14"],
  m: [
    12.5,
    "M0 4.2L0 14M0 8Q0.4 4 3.4 4Q6.25 4 6.25 7.6L6.25 14M6.25 8Q6.6 4 9.7 4Q12.5 4 12.5 7.6L12.5 14",
  ],
  n: [7.5, "M0 4.2L0 14M0 8.5Q0.4 4 4 4Q7.5 4 7.5 8L7.5 14"],
  o: [8.5, "M4.25 4Q8.5 4 8.5 9Q8.5 14 4.25 14Q0 14 0 9Q0 4 4.25 4"],
  p: [8, "M0 4.2L0 18.4M0 9Q0 4 4 4Q8 4 8 9Q8 14 4 14Q0 14 0 9"],
  q: [8, "M8 4.2L8 18.4M8 9Q8 4 4 4Q0 4 0 9Q0 14 4 14Q8 14 8 9"],
  r: [4.6, "M0 4.2L0 14M0 9Q0.4 4 4.6 4.2"],
  s: [
    6.8,
    "M6.5 6Q5.7 4 3.4 4Q0.4 4 0.4 6.4Q0.4 8.3 3.4 8.8Q6.8 9.4 6.8 11.3Q6.8 14 3.4 14Q0.6 14 0 11.8",
  ],
  t: [4.8, "M2 1.2L2 11.2Q2 14.4 4.8 13.8M0 4.6L4.8 4.6"],
  u: [7.5, "M0 4.2L0 10Q0 14 3.5 14Q7.1 14 7.5 9.5M7.5 4.2L7.5 14"],
  v: [7.6, "M0 4.2L3.8 14L7.6 4.2"],
  w: [11.4, "M0 4.2L2.9 14L5.7 5L8.5 14L11.4 4.2"],
  x: [7.4, "M0 4.2L7.4 14M7.4 4.2L0 14"],
  y: [7.6, "M0 4.2L3.8 14M7.6 4.2L3.4 16Q2.5 18.6 0.4 18.2"],
  z: [7, "M0.2 4.4L7 4.4L0 13.8L7 13.8"],
  "0": [8, "M4 0Q8 0 8 7Q8 14 4 14Q0 14 0 7Q0 0 4 0"],
  "1": [8, "M1.6 2.8L4.8 0L4.8 14"],
  "2": [8, "M0.3 3.6Q0.5 0 4 0Q7.7 0 7.7 3.6Q7.7 6.2 4.8 9L0 14L8 14"],
  "3": [
    8,
    "M0.4 2.8Q1.2 0 4 0Q7.6 0 7.6 3.4Q7.6 6.7 3.4 6.7Q8 6.7 8 10.3Q8 14 4 14Q0.8 14 0 11",
  ],
  "4": [8, "M6 14L6 0L0 9.8L8 9.8"],
  "5": [8, "M7.4 0L1.2 0L0.6 6.3Q2 5 4.1 5Q8 5 8 9.4Q8 14 4 14Q0.9 14 0 11.4"],
  "6": [8, "M7 1.6Q6 0 4.3 0Q0 0 0 8.5Q0 14 4 14Q8 14 8 9.6Q8 5.4 4.2 5.4Q0.4 5.4 0 9"],
  "7": [8, "M0 0L8 0Q4 6 3 14"],
  "8": [
    8,
    "M4 6.6Q0.6 6.6 0.6 3.3Q0.6 0 4 0Q7.4 0 7.4 3.3Q7.4 6.6 4 6.6Q0 6.6 0 10.3Q0 14 4 14Q8 14 8 10.3Q8 6.6 4 6.6",
  ],
  "9": [8, "M1 12.4Q2 14 3.7 14Q8 14 8 5.5Q8 0 4 0Q0 0 0 4.4Q0 8.6 3.8 8.6Q7.6 8.6 8 5"],
  ".": [0, "M0 13.4L0 14"],
  ",": [0.8, "M0.8 13.4L0.8 14L0 16.4"],
  ":": [0, "M0 5.6L0 6.2M0 13.4L0 14"],
  ";": [0.8, "M0.8 5.6L0.8 6.2M0.8 13.4L0.8 14L0 16.4"],
  "!": [0, "M0 0L0 9.5M0 13.4L0 14"],
  "?": [7, "M0 3Q0.6 0 3.6 0Q7 0 7 3.3Q7 5.4 5 6.7Q3.5 7.7 3.5 9.8M3.5 13.4L3.5 14"],
  "'": [0, "M0 0L0 4"],
  '"': [3.4, "M0 0L0 4M3.4 0L3.4 4"],
  "-": [4.4, "M0 9L4.4 9"],
  "\u2013": [8, "M0 8.2L8 8.2"],
  "\u2014": [13, "M0 8.2L13 8.2"],
  "+": [9, "M0 8.2L9 8.2M4.5 3.7L4.5 12.7"],
  "\u00b1": [9, "M0 6.6L9 6.6M4.5 2.4L4.5 10.8M0 13.6L9 13.6"],
  "=": [9, "M0 6L9 6M0 10.4L9 10.4"],
  "\u2248": [9, "M0 7Q2.2 4 4.5 6Q6.8 8 9 5M0 11.4Q2.2 8.4 4.5 10.4Q6.8 12.4 9 9.4"],
  "~": [9, "M0 9.2Q2.2 6.2 4.5 8.2Q6.8 10.2 9 7.2"],
  "/": [6, "M0 15.6L6 -0.8"],
  "\\": [6, "M0 -0.8L6 15.6"],
  "|": [0, "M0 -1L0 17"],
  _: [8, "M0 16L8 16"],
  "%": [
    12.5,
    "M2.8 0Q5.6 0 5.6 3.2Q5.6 6.4 2.8 6.4Q0 6.4 0 3.2Q0 0 2.8 0M9.7 7.6Q12.5 7.6 12.5 10.8Q12.5 14 9.7 14Q6.9 14 6.9 10.8Q6.9 7.6 9.7 7.6M10.4 0L2.1 14",
  ],
  "(": [3.4, "M3.4 -1Q0 3 0 8Q0 13 3.4 17"],
  ")": [3.4, "M0 -1Q3.4 3 3.4 8Q3.4 13 0 17"],
  "[": [3, "M3 -1L0 -1L0 17L3 17"],
  "]": [3, "M0 -1L3 -1L3 17L0 17"],
  "{": [4, "M4 -1Q1.8 -1 1.8 2L1.8 5.5Q1.8 8 0 8Q1.8 8 1.8 10.5L1.8 14Q1.8 17 4 17"],
  "}": [4, "M0 -1Q2.2 -1 2.2 2L2.2 5.5Q2.2 8 4 8Q2.2 8 2.2 10.5L2.2 14Q2.2 17 0 17"],
  "<": [8, "M8 3.6L0 8.2L8 12.8"],
  ">": [8, "M0 3.6L8 8.2L0 12.8"],
  "\u2264": [8, "M8 2.2L0 6.2L8 10.2M0 13.6L8 13.6"],
  "\u2265": [8, "M0 2.2L8 6.2L0 10.2M0 13.6L8 13.6"],
  "\u2192": [12, "M0 8.2L12 8.2M8.4 4.6L12 8.2L8.4 11.8"],
  "\u2190": [12, "M12 8.2L0 8.2M3.6 4.6L0 8.2L3.6 11.8"],
  "\u00d7": [7, "M0 5L7 12M7 5L0 12"],
  "\u00b7": [0, "M0 8L0 8.4"],
  "\u2022": [1, "M0.5 8L0.5 8.6M0 8.3L1 8.3"],
  "\u2026": [9, "M0 13.4L0 14M4.5 13.4L4.5 14M9 13.4L9 14"],
  "\u00b0": [5, "M2.5 0Q5 0 5 2.6Q5 5.2 2.5 5.2Q0 5.2 0 2.6Q0 0 2.5 0"],
  "*": [6, "M3 0L3 6.6M0.2 1.6L5.8 5M5.8 1.6L0.2 5"],
  "#": [9, "M3 0.6L1.6 14M7.4 0.6L6 14M0.4 5L9 5M0 9.6L8.6 9.6"],
  "&": [
    10.5,
    "M10 14L2.2 4.6Q0.8 0 4.2 0Q7.4 0 7.2 3Q7 4.8 4 6.4Q0 8.4 0 10.6Q0 14 4 14Q8.4 14 9.6 7.6",
  ],
  "@": [
    13,
    "M9.4 10.6Q6 12 4.6 10Q3.4 7 5.4 5.2Q7.6 3.6 9.4 5.6L9.2 9.2Q9.6 11 11.2 10.4Q13 9 13 6.6Q13 1 6.8 1Q0 1 0 8Q0 15 7 15Q9 15 10.6 14.2",
  ],
  $: [
    8,
    "M7.6 3.4Q6.6 1.4 4 1.4Q0.4 1.4 0.4 4.2Q0.4 6.4 4 7.1Q8 7.9 8 10.2Q8 13 4 13Q0.8 13 0 10.6M4 -0.6L4 15",
  ],
  "^": [7, "M0 5.4L3.5 0.6L7 5.4"],
  "`": [2.4, "M0 0L2.4 3"],
  "\u00b5": [7.5, "M0 4.2L0 18.4M0 10Q0 14 3.5 14Q7.1 14 7.5 9.5M7.5 4.2L7.5 14"],
  "\u0394": [10, "M0 14L5 0L10 14L0 14"],
  "\u03b1": [8.6, "M8 4.2Q7.4 14 3.8 14Q0 14 0 9Q0 4 3.8 4Q6.6 4 7.4 10Q7.8 14 8.6 14"],
  "\u03b2": [
    8,
    "M0 18.4L0 4Q0 0 3.8 0Q7.2 0 7.2 3.2Q7.2 6.6 3.4 6.6Q8 6.8 8 10.4Q8 14 4 14Q1 14 0 12",
  ],
  "\u03bb": [8, "M0.4 0Q2.4 0 3.2 2.6L8 14M4.3 6L0 14"],
  "\u03c3": [9, "M9 4.2L4 4.2Q0 4.4 0 9.2Q0 14 4 14Q8 14 8 9.2Q8 5.6 5 4.2"],
};
