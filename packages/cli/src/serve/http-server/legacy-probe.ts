import { limits } from './limits.ts';
import type { Upstream } from './upstream.ts';

/** More than the event that is looked for takes. */
const MAX_PROBE_LENGTH = 4_096;

/**
 * Whether a server that refuses posted messages speaks HTTP+SSE of MCP 2024-11-05: "issue a GET request to the server
 * URL, expecting that this will open an SSE stream and return an endpoint event as the first event" (Streamable HTTP,
 * "Backwards Compatibility"). Never rejects.
 */
export async function speaksLegacySse({ url, headers, fetch }: Upstream): Promise<boolean> {
  const ends = new AbortController();
  const timer = setTimeout(() => ends.abort(), limits.checkTimeoutMs);
  try {
    const response = await fetch(url, {
      headers: { ...headers, accept: 'text/event-stream' },
      signal: ends.signal,
    });
    const type = response.headers.get('content-type') ?? '';
    if (!response.ok || response.body === null || !type.startsWith('text/event-stream')) return false;
    let text = '';
    const decoder = new TextDecoder();
    for await (const chunk of response.body) {
      text += decoder.decode(chunk, { stream: true });
      if (/^event: ?endpoint\s*$/m.test(text)) return true;
      if (text.length > MAX_PROBE_LENGTH) return false;
    }
    return false;
  } catch {
    return false;
  } finally {
    clearTimeout(timer);
    ends.abort();
  }
}
