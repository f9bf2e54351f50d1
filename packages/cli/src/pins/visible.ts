/**
 * Characters that nobody sees and a model reads: controls, zero-width and bidirectional ones, tags, variation selectors,
 * fillers, spaces that are none, private use, halves of surrogates. Line feeds and tabs are seen.
 */
const HIDDEN = /(?![\n\t ])[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Cn}\p{Z}\p{Default_Ignorable_Code_Point}]/gu;

/** A stranger's text, of which everything is seen: what hides is written as `\u{200b}`. */
export function visible(text: string): string {
  return text.replace(HIDDEN, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);
}
