import { type IncomingStream, StreamError } from '@mcp-nostr/client';
import { openStream, type OutgoingStream } from '@mcp-nostr/server';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { McpServer as McpServer2 } from '@modelcontextprotocol/server';
import { serveStdio } from '@modelcontextprotocol/server/stdio';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';

import { connect2 } from '../helpers/eras.ts';
import { oneRelayLegs } from '../helpers/legs.ts';
import { Recorder } from '../helpers/recorder.ts';
import { sharedWorld, withWorld, World } from '../helpers/world.ts';

const input = { n: z.number(), end: z.enum(['close', 'abort', 'fail', 'none', 'hold']).default('close') };
const streams = new Recorder<OutgoingStream | undefined>('a stream of the server');
const aborted = new Recorder<string>('an aborted call');

async function write(
  stream: OutgoingStream | undefined,
  signal: AbortSignal,
  { n, end }: { n: number; end: string },
) {
  streams.add(stream);
  for (let i = 0; i < n; i++) await stream?.write(`ü"${i} `);
  if (end === 'close') await stream?.close();
  if (end === 'abort') await stream?.abort('no more');
  if (end === 'fail') throw new Error('broken');
  if (end === 'hold') {
    await new Promise((resolve) => {
      signal.addEventListener('abort', resolve);
    });
    aborted.add('aborted');
  }
  return { content: [{ type: 'text' as const, text: 'done' }] };
}

function create(): McpServer {
  const server = new McpServer({ name: 'streams', version: '1' });
  server.registerTool('stream', { inputSchema: input }, (args, extra) =>
    write(openStream(extra, { contentType: 'text/plain' }), extra.signal, args),
  );
  return server;
}

async function read(stream: IncomingStream): Promise<string> {
  let text = '';
  for await (const chunk of stream) text += chunk;
  return text;
}

const calling = (name: string, args: object, stream?: IncomingStream) => ({
  name,
  arguments: { ...args },
  ...(stream === undefined ? {} : { _meta: { progressToken: stream.token } }),
});
const whole = (n: number): string => Array.from({ length: n }, (_, i) => `ü"${i} `).join('');

describe.each(oneRelayLegs)('an open stream, $name', (leg) => {
  const world = sharedWorld(leg, create);

  it.each(['close', 'none'])('is read beside the answer, in order and whole (%s)', async (end) => {
    const { client, transport, errors } = await world.connect();
    const stream = transport.openStream();
    const result = client.callTool(calling('stream', { n: 6, end }, stream));
    expect(await read(stream)).toBe(whole(6));
    expect(stream.contentType).toBe('text/plain');
    expect(await result).toMatchObject({ content: [{ text: 'done' }] });
    expect(errors.items).toEqual([]);
  });

  it('that nobody asked for is not written', async () => {
    const { client, errors } = await world.connect();
    const count = streams.count;
    await client.callTool(calling('stream', { n: 3 }));
    expect(streams.items.slice(count)).toEqual([undefined]);
    expect(errors.items).toEqual([]);
  });

  it.each([
    ['the server gives up', 'abort', 'aborted', 'the server gave up the stream: no more'],
    ['of a tool that fails', 'fail', undefined, undefined],
  ])('%s ends so, after what was written', async (_, end, code, message) => {
    const { client, transport } = await world.connect();
    const stream = transport.openStream();
    const result = client.callTool(calling('stream', { n: 2, end }, stream));
    let text = '';
    const error: unknown = await (async () => {
      for await (const chunk of stream) text += chunk;
    })().then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(text).toBe(whole(2));
    expect(error instanceof StreamError ? [error.code, error.message] : [undefined, undefined]).toEqual([
      code,
      message,
    ]);
    expect(await result).toMatchObject(end === 'fail' ? { isError: true } : { content: [{ text: 'done' }] });
  });

  it('that its reader leaves cancels its request, which is answered', async () => {
    const { client, transport, errors } = await world.connect();
    const stream = transport.openStream();
    const isAborted = aborted.next();
    const result = client
      .callTool(calling('stream', { n: 3, end: 'hold' }, stream))
      .catch((error: unknown) => error);
    for await (const chunk of stream) if (chunk === 'ü"2 ') break;
    expect(await result).toMatchObject({ code: -32_800 });
    await isAborted;
    expect(streams.items.at(-1)?.isOpen).toBe(false);
    await expect(streams.items.at(-1)?.write('late')).rejects.toMatchObject({ code: 'closed' });
    expect(errors.items).toEqual([]);
  });

  it('ends with the request that is cancelled, and with the transport', async () => {
    const { client, transport } = await world.connect();
    for (const end of ['request_failed', 'closed']) {
      const stream = transport.openStream();
      const aborter = new AbortController();
      const result = client
        .callTool(calling('stream', { n: 1, end: 'hold' }, stream), undefined, { signal: aborter.signal })
        .catch(() => {});
      const reading = stream[Symbol.asyncIterator]();
      expect(await reading.next()).toEqual({ done: false, value: 'ü"0 ' });
      if (end === 'closed') await client.close();
      else aborter.abort();
      await expect(reading.next()).rejects.toMatchObject({ code: end });
      expect(await reading.next()).toEqual({ done: true, value: undefined });
      await result;
    }
  });
});

describe('an open stream of a server of SDK 2.x', () => {
  it.each(['legacy', { pin: '2026-07-28' }] as const)('is read beside the answer (%j)', async (mode) => {
    const world = new World({ name: '', encryption: 'required', relayCount: 1 });
    await withWorld(world, async () => {
      const { server } = await world.serve(
        () => {
          const mcp = new McpServer2({ name: 'streams', version: '2' });
          mcp.registerTool('stream', { inputSchema: z.object(input) }, (args, ctx) =>
            write(openStream(ctx), ctx.mcpReq.signal, args),
          );
          return mcp;
        },
        { serveStdio },
      );
      const { client, transport, errors } = await connect2(world, { server: server.address, mode });
      const stream = transport.openStream();
      const result = client.callTool(calling('stream', { n: 6 }, stream));
      expect(await read(stream)).toBe(whole(6));
      expect(await result).toMatchObject({ content: [{ text: 'done' }] });
      expect(errors.items).toEqual([]);
    });
  });
});
