/** A word of a POSIX shell, whatever is in it. */
export function posixQuote(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
