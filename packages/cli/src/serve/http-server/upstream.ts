import type { StreamableHTTPClientTransport } from '@modelcontextprotocol/client';

import { boundedFetch, type Fetch } from './bounded-fetch.ts';
import { limits } from './limits.ts';

/** The HTTP server behind the gateway, as all of its connections use it. */
export interface Upstream {
  readonly url: URL;
  /** The operator's, on every request. */
  readonly headers: Readonly<Record<string, string>>;
  /** The name of the header that says who calls. */
  readonly callerHeader: string;
  readonly fetch: Fetch;
  /** The SDK's class, which is loaded for this command alone. */
  readonly Transport: typeof StreamableHTTPClientTransport;
  /** Ends every connection. Never rejects. */
  close(): Promise<void>;
}

export async function openUpstream({
  url,
  headers,
  callerHeader,
}: Pick<Upstream, 'url' | 'headers' | 'callerHeader'>): Promise<Upstream> {
  const [{ Agent, fetch }, { StreamableHTTPClientTransport: Transport }] = await Promise.all([
    import('undici'),
    import('@modelcontextprotocol/client'),
  ]);
  // A call may take hours and a subscription may be silent for days: who waits decides how long.
  const agent = new Agent({
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: { timeout: limits.connectTimeoutMs },
  });
  return {
    url,
    headers,
    callerHeader,
    fetch: boundedFetch(fetch, agent),
    Transport,
    close: () => agent.destroy().catch(() => undefined),
  };
}
