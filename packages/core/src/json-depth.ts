const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Whether arrays and objects stand in each other in more levels than this, without reading the JSON. */
export function isDeeperThan(text: string, levels: number): boolean {
  // As many have to be closed again.
  if (text.length <= 2 * levels) return false;
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case QUOTE:
        at = stringEnd(text, at);
        break;
      case 0x5b: // [
      case 0x7b: // {
        if (++depth > levels) return true;
        break;
      case 0x5d: // ]
      case 0x7d: // }
        depth--;
        break;
      default:
    }
  }
  return false;
}

/** Where the string that begins here ends: at a quote with an even number of backslashes before it. */
function stringEnd(text: string, start: number): number {
  for (let from = start + 1; ;) {
    const quote = text.indexOf('"', from);
    if (quote === -1) return text.length;
    let run = quote;
    while (text.charCodeAt(run - 1) === BACKSLASH) run--;
    if ((quote - run) % 2 === 0) return quote;
    from = quote + 1;
  }
}
