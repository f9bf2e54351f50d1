/** A word of a POSIX shell, whatever is in it. */
export function posixQuote(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

/** The same, as it is where nothing in it means anything to a shell. */
export function shellWord(text: string): string {
  return /^[\w./:~-]+$/.test(text) ? text : posixQuote(text);
}
