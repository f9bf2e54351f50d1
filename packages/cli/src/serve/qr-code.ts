/** A margin at both sides, so that a camera sees where the code ends. */
const MARGIN_COLUMNS = 4;

/** Where a QR code can be shown: a terminal, with its width in columns. */
export type Terminal = Pick<NodeJS.WriteStream, 'isTTY' | 'columns'>;

/** The QR code of a text, and an empty line behind it; no lines where there is no terminal, or it would not fit. */
export async function linesOfQrCode(terminal: Terminal, text: string): Promise<string[]> {
  if (!terminal.isTTY) return [];
  const { renderUnicodeCompact } = await import('uqr');
  return fitting(renderUnicodeCompact(text).split('\n'), terminal);
}

/**
 * Makes the QR code of an address as a NIP-21 URI, which a phone opens; no lines where it would not fit. Undefined
 * where there is no terminal.
 */
export async function qrCodeFor(terminal: Terminal): Promise<((address: string) => string[]) | undefined> {
  if (!terminal.isTTY) return undefined;
  const { renderUnicodeCompact } = await import('uqr');
  return (address) => fitting(renderUnicodeCompact(`nostr:${address}`).split('\n'), terminal);
}

function fitting(lines: string[], { columns }: Terminal): string[] {
  const width = (lines[0]?.length ?? 0) + MARGIN_COLUMNS;
  return width > columns ? [] : [...lines, ''];
}
