import type { Dispatcher, fetch as undiciFetch } from 'undici';

import { HttpFailure } from './http-failure.ts';
import { limits } from './limits.ts';

/**
 * The part of `fetch` that the SDK's transport uses. `onfailure` hears what ended a body: of an event stream the
 * transport tells it in words alone.
 */
export type Fetch = (
  url: string | URL,
  init?: RequestInit,
  onfailure?: (failure: HttpFailure) => void,
) => Promise<Response>;

/**
 * `fetch` for messages of bounded size. Redirects are left to the SDK's transport, which follows them only within the
 * origin: credentials never go elsewhere.
 */
export function boundedFetch(fetch: typeof undiciFetch, dispatcher: Dispatcher): Fetch {
  return async (url, init = {}, onfailure) => {
    const response = await fetch(url, {
      method: init.method ?? 'GET',
      headers: [...new Headers(init.headers)],
      body: typeof init.body === 'string' ? init.body : null,
      signal: init.signal ?? null,
      redirect: 'manual',
      dispatcher,
    });
    const { status, statusText, headers, body } = response;
    const isStream = headers.get('content-type')?.startsWith('text/event-stream') === true;
    const bounded = body === null ? null : bound(body.getReader(), new Meter(isStream), onfailure);
    return new Response(bounded, { status, statusText, headers: [...headers] });
  };
}

interface Reader {
  read(): Promise<{ done: boolean; value?: unknown }>;
  cancel(reason?: unknown): Promise<void>;
}

function bound(
  reader: Reader,
  meter: Meter,
  onfailure?: (failure: HttpFailure) => void,
): ReadableStream<Uint8Array> {
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await reader.read();
      if (done || !(value instanceof Uint8Array)) return controller.close();
      meter.add(value);
      if (meter.bytes > limits.maxMessageBytes) {
        void reader.cancel().catch(() => undefined); // The connection is given up.
        const failure = tooLarge();
        onfailure?.(failure);
        throw failure;
      }
      controller.enqueue(value);
    },
    cancel: (reason) => reader.cancel(reason),
  });
}

function tooLarge(): HttpFailure {
  const text = `the HTTP server behind this one sent a message of more than ${limits.maxMessageBytes} bytes`;
  return new HttpFailure('too_large', text);
}

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/** Bytes of the present message: of the whole body, or since the last blank line of an event stream. */
class Meter {
  bytes = 0;
  readonly #isStream: boolean;
  #last = 0;
  #isLineEmpty = true;

  constructor(isStream: boolean) {
    this.#isStream = isStream;
  }

  add(chunk: Uint8Array): void {
    this.bytes += chunk.length;
    if (!this.#isStream) return;
    for (let i = 0; i < chunk.length; i++) {
      const byte = chunk[i] ?? 0;
      const isEnd = byte === CARRIAGE_RETURN || (byte === LINE_FEED && this.#last !== CARRIAGE_RETURN);
      if (isEnd && this.#isLineEmpty) this.bytes = chunk.length - i - 1;
      if (byte !== LINE_FEED || isEnd) this.#isLineEmpty = isEnd;
      this.#last = byte;
    }
  }
}
