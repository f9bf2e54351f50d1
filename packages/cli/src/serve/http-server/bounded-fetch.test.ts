import { Agent, Response as UndiciResponse, type fetch as undiciFetch } from 'undici';
import { describe, expect, it } from 'vitest';

import { boundedFetch } from './bounded-fetch.ts';
import { HttpFailure } from './http-failure.ts';
import { limits } from './limits.ts';

/** A response of these pieces. */
function respond(type: string, pieces: readonly string[]): Promise<Response> {
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const piece of pieces) controller.enqueue(Buffer.from(piece));
      controller.close();
    },
  });
  const fetch = (async () =>
    new UndiciResponse(body as never, { headers: { 'content-type': type } })) as typeof undiciFetch;
  return boundedFetch(fetch, new Agent())('http://localhost/');
}

const mebibyte = 'x'.repeat(1_048_576);

describe('what a server sends', () => {
  it('may be any number of events, each within the bound, whatever ends their lines and wherever they are cut', async () => {
    for (const end of ['\n\n', '\r\n\r\n', '\r\r']) {
      const event = `id: 1${end.slice(0, end.length / 2)}data: ${mebibyte}${end}`;
      const pieces = Array.from({ length: 12 }, () => [event.slice(0, -1), event.slice(-1)]).flat();
      const text = await (await respond('text/event-stream; charset=utf-8', pieces)).text();
      expect(text.length).toBe(12 * event.length);
    }
  });

  it.each([
    ['an event', 'text/event-stream', '\n'],
    ['a document', 'application/json', '\n\n'],
  ])('may not be %s above the bound', async (_what, type, between) => {
    const pieces = Array.from({ length: 11 }, () => mebibyte + between);
    const failure = await (await respond(type, pieces)).text().catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(HttpFailure);
    expect(failure).toMatchObject({
      code: 'too_large',
      message: expect.stringContaining(`${limits.maxMessageBytes}`),
    });
  });
});
