/** Our plain notation as print has it: "0.9 +- 0.1" as "0.9 ± 0.1", "64^3" as "64³", "-" as "–". */
export function typeset(text: string): string {
  return text === "-"
    ? "–"
    : text.replaceAll("+-", "±").replaceAll("^3", "³").replaceAll("^2", "²").replaceAll(
      " x ",
      " × ",
    );
}
