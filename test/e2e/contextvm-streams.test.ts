import type { JsonRpcMessage } from '@mcp-nostr/core';
import { formatStreamFrame, type StreamFrame } from '@mcp-nostr/core/contextvm';
import { openStream } from '@mcp-nostr/server';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';

import type { BareClient } from '../helpers/bare-client.ts';
import { withBareWorld } from '../helpers/bare-world.ts';
import { Gates } from '../helpers/gates.ts';
import { Recorder } from '../helpers/recorder.ts';

const gates = new Gates();
const began = new Recorder<string>('a call');
const aborted = new Recorder<string>('a cancelled call');

function create(): McpServer {
  const server = new McpServer({ name: 'streams', version: '1' });
  server.registerTool('stream', { inputSchema: { name: z.string() } }, async ({ name }, extra) => {
    const stream = openStream(extra);
    await stream?.write(`${name} a`);
    began.add(name);
    extra.signal.addEventListener('abort', () => aborted.add(name));
    await gates.of(name).opened;
    await stream?.write(`${name} b`);
    return { content: [{ type: 'text', text: name }] };
  });
  return server;
}

const calling = (name: string, progressToken: string | number): JsonRpcMessage => ({
  jsonrpc: '2.0',
  id: 1,
  method: 'tools/call',
  params: { name: 'stream', arguments: { name }, _meta: { progressToken } },
});
const saying = (frame: StreamFrame): JsonRpcMessage => formatStreamFrame(frame);
const tags = [['support_open_stream']];

/** What has come of streams. */
function framesOf({ answers }: BareClient) {
  return answers.items.filter(({ message }) => message['method'] === 'notifications/progress');
}

const withStreams = (run: Parameters<typeof withBareWorld>[0]): Promise<void> =>
  withBareWorld(run, { encryption: 'optional' }, create);

describe('an open stream to a client without a link', () => {
  it('has frames without e, under the token as text, in the form of the request, and ends before the answer', () =>
    withStreams(async (world) => {
      for (const form of ['plain', 'ephemeral'] as const) {
        const client = world.bare();
        gates.of(form).open();
        const { id } = client.say(calling(form, 7), { form, tags });
        await client.answerTo(id);
        const frames = framesOf(client);
        expect(frames.map(({ message }) => message['params'])).toMatchObject([
          { progressToken: '7', progress: 1, cvm: { frameType: 'start' } },
          { progressToken: '7', progress: 2, cvm: { frameType: 'chunk', chunkIndex: 0, data: `${form} a` } },
          { progressToken: '7', progress: 3, cvm: { frameType: 'chunk', chunkIndex: 1, data: `${form} b` } },
          { progressToken: '7', progress: 4, cvm: { frameType: 'close', lastChunkIndex: 1 } },
        ]);
        for (const frame of frames) expect([frame.requestEvent, frame.form]).toEqual([undefined, form]);
        expect(client.answers.items.at(-1)?.requestEvent).toBe(id);
      }
    }));

  it('is not sent to one that says that it takes other things', () =>
    withStreams(async (world) => {
      const client = world.bare();
      gates.of('none').open();
      const { id } = client.say(calling('none', 7), { tags: [['support_oversized_transfer']] });
      await client.answerTo(id);
      expect(framesOf(client)).toEqual([]);
    }));

  it('answers a ping, and ends with its request when it is aborted: its own, and no other of that name', () =>
    withStreams(async (world) => {
      const [first, second] = [world.bare(), world.bare()];
      const asked = [first.say(calling('first', 1), { tags }), second.say(calling('second', 1), { tags })];
      await began.first((name) => name === 'first');
      await began.first((name) => name === 'second');
      second.say(saying({ token: '1', progress: 1, frameType: 'ping', nonce: 'n' }));
      const pong = await second.answers.first(({ message }) => JSON.stringify(message).includes('"pong"'));
      expect(pong.message['params']).toMatchObject({ progress: 3, cvm: { nonce: 'n' } });
      second.say(saying({ token: '1', progress: 2, frameType: 'abort' }));
      const end = await second.answerTo(asked[1]?.id ?? '');
      expect(end.message).toMatchObject({ id: 1, error: { code: -32_800 } });
      await aborted.first((name) => name === 'second');
      gates.of('first').open();
      const answer = await first.answerTo(asked[0]?.id ?? '');
      expect(JSON.stringify(answer.message)).toContain('"first"');
      expect(aborted.items).not.toContain('first');
    }));
});
