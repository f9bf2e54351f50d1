import { isRecord } from '@mcp-nostr/core';

import { limits } from './limits.ts';

/** What we use of a relay's information document (NIP-11). */
export interface RelayInformation {
  /** The largest message it takes, in bytes; undefined when it does not say. */
  maxMessageBytes: number | undefined;
}

/** Reads the document. A relay without one, or one that cannot be asked, has said nothing. Never rejects. */
export async function fetchRelayInformation(url: string, signal: AbortSignal): Promise<RelayInformation> {
  const nothing: RelayInformation = { maxMessageBytes: undefined };
  try {
    const response = await fetch(url.replace(/^ws/, 'http'), {
      headers: { accept: 'application/nostr+json' },
      signal: AbortSignal.any([signal, AbortSignal.timeout(limits.informationTimeoutMs)]),
    });
    if (!response.ok) return nothing;
    const text = await response.text();
    if (text.length > limits.maxInformationBytes) return nothing;
    const document: unknown = JSON.parse(text);
    const limitation = isRecord(document) ? document['limitation'] : undefined;
    const bytes = isRecord(limitation) ? limitation['max_message_length'] : undefined;
    return { maxMessageBytes: typeof bytes === 'number' && bytes > 0 ? Math.floor(bytes) : undefined };
  } catch {
    return nothing;
  }
}
