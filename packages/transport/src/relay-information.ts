import { isRecord } from '@mcp-nostr/core';

import { limits } from './limits.ts';

/** What we use of a relay's information document (NIP-11). */
export interface RelayInformation {
  /** The largest message it takes, in bytes; undefined when it does not say. */
  maxMessageBytes: number | undefined;
}

/** Reads the document. A relay without one, or one that cannot be asked, has said nothing. Never rejects. */
export async function fetchRelayInformation(url: string, signal: AbortSignal): Promise<RelayInformation> {
  // Aborted in the end whatever happened, so that no unread rest of an answer holds a socket.
  const aborter = new AbortController();
  const abort = (): void => aborter.abort();
  const timer = setTimeout(abort, limits.informationTimeoutMs);
  signal.addEventListener('abort', abort);
  try {
    signal.throwIfAborted();
    const response = await fetch(url.replace(/^ws/, 'http'), {
      headers: { accept: 'application/nostr+json' },
      signal: aborter.signal,
    });
    if (!response.ok) return { maxMessageBytes: undefined };
    return readInformation(JSON.parse(await readText(response)));
  } catch {
    return { maxMessageBytes: undefined };
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', abort);
    abort();
  }
}

function readInformation(document: unknown): RelayInformation {
  const limitation = isRecord(document) ? document['limitation'] : undefined;
  const bytes = isRecord(limitation) ? limitation['max_message_length'] : undefined;
  return { maxMessageBytes: typeof bytes === 'number' && bytes >= 1 ? Math.floor(bytes) : undefined };
}

/** The body as far as it may be long: nothing obliges a relay to come to an end. */
async function readText(response: Response): Promise<string> {
  const reader = response.body?.getReader();
  if (reader === undefined) return '';
  const decoder = new TextDecoder();
  let text = '';
  for (let bytes = 0; ;) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    bytes += value.length;
    if (bytes > limits.maxInformationBytes) throw new RangeError('the information document is too large');
    text += decoder.decode(value, { stream: true });
  }
}
