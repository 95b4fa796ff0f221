/** Width of a glyph in dots. */
export const glyphWidth = 5;
/** Height of a glyph in dots. */
export const glyphHeight = 7;

/**
 * The rows of a character of the built-in 5 x 7 font, `#` for a dot and `.` for none: capital
 * letters, into which small ones are turned, digits and some signs. Any other character is "?".
 */
export function glyphOf(character: string): string[] {
  const code = codes[character.toUpperCase()] ?? codes["?"];
  return [...code].map((digit) => {
    const dots = parseInt(digit, 32).toString(2).padStart(glyphWidth, "0");
    return dots.replaceAll("1", "#").replaceAll("0", ".");
  });
}

/** A base-32 digit for each row from the top: the five dots as a binary number. */
const codes: Readonly<Record<string, string>> = {
  A: "ehhvhhh",
  B: "uhhuhhu",
  C: "ehggghe",
  D: "uhhhhhu",
  E: "vgguggv",
  F: "vgguggg",
  G: "ehgnhhf",
  H: "hhhvhhh",
  I: "e44444e",
  J: "72222ic",
  K: "hikokih",
  L: "ggggggv",
  M: "hrllhhh",
  N: "hplljhh",
  O: "ehhhhhe",
  P: "uhhuggg",
  Q: "ehhhlid",
  R: "uhhukih",
  S: "fgge11u",
  T: "v444444",
  U: "hhhhhhe",
  V: "hhhhha4",
  W: "hhhllrh",
  X: "hha4ahh",
  Y: "hha4444",
  Z: "v1248gv",
  "0": "ehjlphe",
  "1": "4c4444e",
  "2": "eh168gv",
  "3": "u11e11u",
  "4": "26aiv22",
  "5": "vgu11he",
  "6": "egguhhe",
  "7": "v124888",
  "8": "ehhehhe",
  "9": "ehhf11e",
  ".": "00000cc",
  ",": "0000c48",
  ":": "0cc0cc0",
  "-": "000v000",
  "+": "044v440",
  "/": "11248gg",
  "_": "000000v",
  "%": "pp248jj",
  "(": "2488842",
  ")": "8422248",
  "=": "00v0v00",
  "?": "eh16404",
  " ": "0000000",
};
