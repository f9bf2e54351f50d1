/** One red pixel. */
export const PIXEL_PNG =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==';
/** No sound: a header for 16 bits at 8 kHz without a sample. */
export const SILENCE_WAV = 'UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAIA+AAACABAAZGF0YQAAAAA=';

interface TextContent {
  type: 'text';
  text: string;
}

export function text(said: string): TextContent {
  return { type: 'text', text: said };
}

/** What a tool answers that has nothing but a sentence to say. */
export function sentence(said: string): { content: TextContent[] } {
  return { content: [text(said)] };
}
