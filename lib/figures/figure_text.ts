/** A figure's text: its title as a sentence, then what is said of each of its parts. */
export function figureText(title: string, parts: readonly string[]): string {
  return parts.length === 0 ? `${title}.` : `${title}. ${parts.join("; ")}.`;
}
