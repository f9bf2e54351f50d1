import { callToolStream, type OpenStreamWriter } from '@contextvm/sdk/transport';
import { type IncomingStream, StreamError } from '@mcp-nostr/client';
import { openStream, type OutgoingStream } from '@mcp-nostr/server';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';

import { Recorder } from '../helpers/recorder.ts';
import { ourClientAtTheirs, theirClientAtOurs } from './pairs.ts';

/* oxlint-disable no-underscore-dangle -- _meta is MCP's name */

const aborted = new Recorder<string>('a cancelled call');

/** Writes on the stream of whichever side serves it. */
function create(): McpServer {
  const server = new McpServer({ name: 'streams', version: '1.0.0' });
  const inputSchema = { n: z.number(), end: z.enum(['close', 'abort', 'none', 'hold']).default('close') };
  server.registerTool('stream', { inputSchema }, async ({ n, end }, extra) => {
    const theirs = extra._meta?.['stream'] as OpenStreamWriter | undefined;
    const stream: OutgoingStream | OpenStreamWriter | undefined = theirs ?? openStream(extra);
    for (let i = 0; i < n; i++) await stream?.write(`ü"${i} `);
    if (end === 'close') await stream?.close();
    if (end === 'abort') await stream?.abort('no more');
    if (end === 'hold') {
      await new Promise((resolve) => {
        extra.signal.addEventListener('abort', resolve);
      });
      aborted.add('cancelled');
    }
    return { content: [{ type: 'text', text: 'done' }] };
  });
  server.registerTool('plain', { inputSchema: { text: z.string() } }, ({ text }) => ({
    content: [{ type: 'text', text }],
  }));
  return server;
}

const whole = (n: number): string => Array.from({ length: n }, (_, i) => `ü"${i} `).join('');
const done = { content: [{ type: 'text', text: 'done' }] };
const encryptions = ['disabled', 'optional'] as const;

async function read(stream: AsyncIterable<string | { value: string }>): Promise<string> {
  let text = '';
  for await (const chunk of stream) text += typeof chunk === 'string' ? chunk : chunk.value;
  return text;
}

describe.each(encryptions)(
  'a stream of a server of ours, read by a client of theirs: encryption %s',
  (encryption) => {
    const open = async (n: number, end: string) => {
      const ends = await theirClientAtOurs(encryption, create);
      const { client, transport } = ends;
      const call = await callToolStream({
        client,
        transport,
        name: 'stream',
        arguments: { n, end },
      });
      // Nobody has to look at it, but theirs ends the process over it where nobody does.
      call.stream.closed.catch(() => {});
      return { ...ends, call };
    };

    it.each(['close', 'none'])('is read to its end beside the answer (%s)', async (end) => {
      const { call, errors } = await open(30, end);
      expect(await read(call.stream)).toBe(whole(30));
      expect(await call.result).toEqual(done);
      expect(errors).toEqual([]);
    });

    it('ends when we give it up, and the answer follows', async () => {
      const { call } = await open(2, 'abort');
      await expect(read(call.stream)).rejects.toThrow('no more');
      expect(await call.result).toEqual(done);
    });

    it('that theirs gives up cancels the request, which is answered', async () => {
      const isAborted = aborted.next();
      const { call } = await open(2, 'hold');
      const outcome = call.result.catch((error: unknown) => error);
      const reading = call.stream[Symbol.asyncIterator]();
      expect(await reading.next()).toMatchObject({ value: { value: 'ü"0 ' } });
      await call.abort('enough');
      expect(await outcome).toMatchObject({ code: -32_800 });
      await isAborted;
    });
  },
);

describe.each(encryptions)(
  'a stream of a server of theirs, read by a client of ours: encryption %s',
  (encryption) => {
    const open = async (n: number, end: string) => {
      const { client, transport } = await ourClientAtTheirs(encryption, create);
      const stream: IncomingStream = transport.openStream();
      const _meta = { progressToken: stream.token };
      const result = client.callTool({ name: 'stream', arguments: { n, end }, _meta });
      return { client, stream, result };
    };

    it('is read to its end beside the answer', async () => {
      const { stream, result } = await open(30, 'close');
      expect(await read(stream)).toBe(whole(30));
      expect(await result).toEqual(done);
    });

    it('ends when theirs gives it up, and the answer follows', async () => {
      const { stream, result } = await open(2, 'abort');
      const error: unknown = await read(stream).catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(StreamError);
      expect(error).toMatchObject({ code: 'aborted' });
      expect(await result).toEqual(done);
    });

    it('that theirs does not close is answered once we want no more of it', async () => {
      const { stream, result } = await open(3, 'none');
      let text = '';
      for await (const chunk of stream) {
        text += chunk;
        if (text === whole(3)) break;
      }
      expect(await result).toEqual(done);
    });

    it('that nobody wants does not keep an answer back, whether progress is asked for or not', async () => {
      const { client } = await ourClientAtTheirs(encryption, create);
      for (const options of [{ onprogress: () => {} }, {}]) {
        const call = { name: 'plain', arguments: { text: 'hi' } };
        expect(await client.callTool(call, undefined, options)).toEqual({
          content: [{ type: 'text', text: 'hi' }],
        });
      }
    });
  },
);
