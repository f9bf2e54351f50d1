import { isRecord } from '@mcp-nostr/core';

/** What a relay says of itself (NIP-11), as far as it concerns us. */
export interface RelayDocument {
  software: string | undefined;
  maxMessageBytes: number | undefined;
  isAuthRequired: boolean;
  isPaymentRequired: boolean;
}

export interface RelayAnswer {
  /** Undefined when the relay has none, or none that can be read. */
  document: RelayDocument | undefined;
  /** How far the relay's clock is ahead of ours, by its `Date` header, which has whole seconds. */
  skewMs: number | undefined;
}

/** An information document is small; nothing obliges a relay to come to an end. */
const MAX_DOCUMENT_BYTES = 65_536;

/** Asks for the document. Never rejects: it is optional, and so is HTTP. */
export async function askDocument(url: string, signal: AbortSignal): Promise<RelayAnswer> {
  // Aborted in the end whatever happened, so that no unread rest of an answer holds a socket.
  const aborter = new AbortController();
  const sentAt = Date.now();
  let skewMs: number | undefined;
  try {
    const response = await fetch(url.replace(/^ws/, 'http'), {
      headers: { accept: 'application/nostr+json' },
      signal: AbortSignal.any([signal, aborter.signal]),
    });
    skewMs = skewOf(response.headers.get('date'), (sentAt + Date.now()) / 2);
    const document = response.ok ? readDocument(JSON.parse(await readText(response))) : undefined;
    return { document, skewMs };
  } catch {
    return { document: undefined, skewMs };
  } finally {
    aborter.abort();
  }
}

function skewOf(date: string | null, nowMs: number): number | undefined {
  const theirs = Date.parse(date ?? '');
  // The header was cut down to whole seconds.
  return Number.isNaN(theirs) ? undefined : theirs + 500 - nowMs;
}

function readDocument(value: unknown): RelayDocument | undefined {
  if (!isRecord(value)) return undefined;
  const limitation = isRecord(value['limitation']) ? value['limitation'] : {};
  const { max_message_length: bytes } = limitation;
  const software = [value['software'], value['version']].filter((text) => typeof text === 'string').join(' ');
  return {
    software: software === '' ? undefined : software.replace(/^(git\+)?https?:\/\/\S*\/(?=\S)/, ''),
    maxMessageBytes: typeof bytes === 'number' && bytes >= 1 ? Math.floor(bytes) : undefined,
    isAuthRequired: limitation['auth_required'] === true,
    isPaymentRequired: limitation['payment_required'] === true,
  };
}

async function readText(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    if (!(chunk instanceof Uint8Array)) break;
    bytes += chunk.length;
    if (bytes > MAX_DOCUMENT_BYTES) throw new RangeError('the information document is too large');
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}
