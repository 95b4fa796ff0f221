/** A text as one word of a POSIX shell: as it is, or in quotes where the shell would change it. */
export function shellWord(text: string): string {
  if (/^[\w./:=,@%+-]+$/.test(text)) return text;
  const isSafeInDouble = !/["$`\\!]/.test(text);
  return text.includes("'") && isSafeInDouble ? `"${text}"` : `'${text.replaceAll("'", `'\\''`)}'`;
}
