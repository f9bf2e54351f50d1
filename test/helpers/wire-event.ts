/** As much of an event as is looked at here; a relay has checked it. */
export interface WireEvent {
  readonly kind: number;
  readonly content: string;
}

/** The event with another character in its content, and all else as it was, id and signature too. */
export function garbled(event: WireEvent, at: number): WireEvent {
  const { content } = event;
  const index = Math.floor(at * content.length);
  const other = content[index] === 'A' ? 'B' : 'A';
  return { ...event, content: content.slice(0, index) + other + content.slice(index + 1) };
}

/** Nothing for what is no message: a client may send anything, and the relay will say so. */
export function parseMessage(text: string): unknown[] {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? value : [];
  } catch {
    return [];
  }
}
