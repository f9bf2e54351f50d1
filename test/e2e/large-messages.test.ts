import { isResponse } from '@mcp-nostr/core';
import { describe, expect, it } from 'vitest';

import { faultyLegs, type Leg, legs, oneRelayLegs } from '../helpers/legs.ts';
import { RawClient } from '../helpers/raw-client.ts';
import { digest, pattern, textResult, Workload } from '../helpers/workload-server.ts';
import { sharedWorld, withWorld, World } from '../helpers/world.ts';

const maxMessageBytes = 10_485_760;

function callTool(id: number, name: string, args: Record<string, unknown>) {
  return { jsonrpc: '2.0' as const, id, method: 'tools/call', params: { name, arguments: args } };
}

describe.each(oneRelayLegs)('messages of 10 MiB, $name', (leg) => {
  const workload = new Workload();
  const world = sharedWorld(leg, workload.create);
  const isEncrypted = leg.encryption === 'required';

  it.runIf(isEncrypted)(
    'are carried as an argument up to the limit; with one byte more the sender says the limit',
    async () => {
      const raw = await new RawClient(world.transport()).open();
      const without = JSON.stringify(callTool(1, 'measure', { name: 'full', text: '' })).length;
      const text = pattern(maxMessageBytes - without, 'argument');
      expect(await raw.callTool(1, 'measure', { name: 'full', text })).toMatchObject({
        result: textResult(digest(text)),
      });
      expect(await raw.callTool(2, 'measure', { name: 'over', text: `${text}x` })).toMatchObject({
        error: {
          message: expect.stringContaining(`at most ${maxMessageBytes}`),
          data: { code: 'message_too_large', bytes: maxMessageBytes + 1, maxBytes: maxMessageBytes },
        },
      });
      await raw.request(3, 'ping');
      expect([workload.times('full'), workload.times('over')]).toEqual([1, 0]);
    },
  );

  it.skipIf(isEncrypted)(
    'are carried as a result up to the limit; with one byte more the client hears the limit',
    async () => {
      const raw = await new RawClient(world.transport()).open();
      const empty = { jsonrpc: '2.0', id: 1, result: textResult('') };
      const length = maxMessageBytes - JSON.stringify(empty).length;
      const response = await raw.callTool(1, 'produce', { name: 'result', length });
      expect(JSON.stringify(response)).toHaveLength(maxMessageBytes);
      expect(digest(textOf(response))).toBe(digest(pattern(length, 'result')));
      expect(await raw.callTool(2, 'produce', { name: 'result', length: length + 1 })).toMatchObject({
        error: {
          message: expect.stringContaining(`at most ${maxMessageBytes}`),
          data: { code: 'message_too_large', maxBytes: maxMessageBytes },
        },
      });
    },
  );

  it.runIf(isEncrypted)(
    'let a small call pass, and are not executed when they are cancelled on their way',
    async () => {
      const raw = await new RawClient(world.transport()).open();
      const text = pattern(10_000_000, 'upload');
      const upload = raw.response(1);
      const before = workload.executed.count;
      void raw.send(callTool(1, 'measure', { name: 'whole', text }));
      void raw.send(callTool(2, 'measure', { name: 'cancelled', text }));
      await raw.callTool(3, 'measure', { name: 'small', text: '' });
      // The answer is here, and no upload is yet where it goes.
      expect(workload.executed.items.slice(before)).toEqual(['small']);
      await raw.notify('notifications/cancelled', { requestId: 2 });
      await raw.callTool(4, 'measure', { name: 'after the cancellation', text: '' });
      expect(await upload).toMatchObject({ result: textResult(digest(text)) });
      await raw.callTool(5, 'measure', { name: 'last', text: '' });
      expect(workload.executed.items.slice(before)).toEqual([
        'small',
        'after the cancellation',
        'whole',
        'last',
      ]);
      expect(raw.received.items.some((message) => isResponse(message) && message.id === 2)).toBe(false);
      expect(world.served.errors.items).toEqual([]);
    },
  );
});

describe('large messages that are given up on their way', () => {
  it('leave nothing behind at the server, be they more than may be in parts at once', async () => {
    const workload = new Workload();
    const leg: Leg = { name: 'plain, one relay', encryption: 'none', relayCount: 1 };
    await withWorld(new World(leg, workload.create), async (world) => {
      const raw = await new RawClient(world.transport()).open();
      const text = pattern(2_000_000, 'upload');
      for (let id = 0; id < 36; id += 2) {
        const pong = raw.request(id + 1, 'ping');
        void raw.send(callTool(id, 'measure', { name: 'given up', text }));
        await pong; // parts of it have left by now, and hardly ever all
        await raw.notify('notifications/cancelled', { requestId: id });
      }
      await raw.callTool('last', 'measure', { name: 'last', text });
      expect(workload.times('last')).toBe(1);
      expect([...world.served.errors.items, ...raw.errors.items]).toEqual([]);
    });
  });
});

describe.each(legs)('large messages, $name', (leg) => {
  const workload = new Workload();
  const world = sharedWorld(leg, workload.create);

  it('of several clients at once keep apart, up and down, with the same ids', async () => {
    const raws = await Promise.all([0, 1, 2].map(() => new RawClient(world.transport()).open()));
    await Promise.all(
      raws.map(async (raw, index) => {
        const text = pattern(700_000, `client ${index}`);
        const [up, down] = await Promise.all([
          raw.callTool(1, 'measure', { name: `up ${index}`, text }),
          raw.callTool(2, 'produce', { name: `down ${index}`, length: 700_000 }),
        ]);
        expect(up).toMatchObject({ id: 1, result: textResult(digest(text)) });
        expect(digest(textOf(down))).toBe(digest(pattern(700_000, `down ${index}`)));
      }),
    );
  });

  it('are not cut in the middle of a character, and keep what JSON escapes', async () => {
    const { client } = await world.connect();
    // A prime number of units, so that the cuts fall everywhere in it.
    const piece = 'ä"\\ \u{1f600}\n€\u0000ßxy\u{1f468}\u200d\u{1f469}';
    const text = piece.repeat(20_000);
    const { content } = await client.callTool({ name: 'measure', arguments: { name: 'text', text } });
    expect(content).toEqual(textResult(digest(text)).content);
  });
});

// These wait for time to pass: begun together, they take no longer than one.
describe.concurrent.each(faultyLegs)('a message of 1 MB, $name', (leg) => {
  it('comes whole, there and back', async () => {
    const workload = new Workload();
    await withWorld(new World(leg, workload.create), async (world) => {
      const { client } = await world.connect();
      const text = pattern(1_000_000, 'there');
      const there = { name: 'measure', arguments: { name: 'there', text } };
      expect(await client.callTool(there)).toEqual(textResult(digest(text)));
      const back = { name: 'produce', arguments: { name: 'back', length: 1_000_000 } };
      const { content } = await client.callTool(back);
      const expected = textResult(pattern(1_000_000, 'back')).content;
      expect(digest(JSON.stringify(content))).toBe(digest(JSON.stringify(expected)));
      expect([workload.times('there'), workload.times('back')]).toEqual([1, 1]);
    });
  });
});

/** The text of a tool's result. */
function textOf(response: unknown): string {
  const { content } = (response as { result: { content: { text: string }[] } }).result;
  return content[0]?.text ?? '';
}
