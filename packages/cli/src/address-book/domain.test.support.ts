import { readFileSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';

import { Agent, fetch } from 'undici';
import { onTestFinished, vi } from 'vitest';

const folder = new URL('../../../../test/helpers/certificate/', import.meta.url);
/** For `NODE_EXTRA_CA_CERTS`. */
export const certificateFile: string = fileURLToPath(new URL('certificate.pem', folder));
const [key, certificate] = ['key.pem', 'certificate.pem'].map((name) =>
  readFileSync(new URL(name, folder), 'utf8'),
);

/** What `/.well-known/nostr.json` says; a test changes it. */
export interface WellKnown {
  names: Record<string, unknown>;
  relays?: Record<string, unknown>;
}

/** A domain of NIP-05 on loopback, over https with a certificate that is not believed by itself. */
export class Domain {
  document: WellKnown = { names: {} };
  /** In place of the document. */
  listener: RequestListener | undefined;
  /** Paths and queries, as they were asked for. */
  readonly asked: string[] = [];
  readonly #server = createServer({ key, cert: certificate }, (request, response) => {
    this.asked.push(request.url ?? '');
    if (this.listener !== undefined) return this.listener(request, response);
    response.setHeader('content-type', 'application/json').end(JSON.stringify(this.document));
  });

  /** With its port; stays when it is closed. */
  host = '';

  static async open(): Promise<Domain> {
    const domain = new Domain();
    await new Promise<void>((resolve) => {
      domain.#server.listen(0, '127.0.0.1', resolve);
    });
    domain.host = `localhost:${(domain.#server.address() as AddressInfo).port}`;
    onTestFinished(() => domain.close());
    return domain;
  }

  async close(): Promise<void> {
    if (!this.#server.listening) return;
    this.#server.closeAllConnections();
    await new Promise<unknown>((resolve) => {
      this.#server.close(resolve);
    });
  }
}

/** This process believes the certificate of such domains for one test: what `NODE_EXTRA_CA_CERTS` does at the start. */
export function trustDomains(): void {
  const dispatcher = new Agent({ connect: { ca: certificate } });
  // A domain on this machine answers; how long a machine takes that is busy is no reason to give it up.
  vi.stubGlobal('fetch', (url: string, init: object) => fetch(url, { ...init, signal: null, dispatcher }));
  onTestFinished(async () => {
    vi.unstubAllGlobals();
    await dispatcher.destroy();
  });
}
