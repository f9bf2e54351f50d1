import { type MessagePart, type NostrEvent, type NumberRange, randomHex } from '@mcp-nostr/core';
import { beforeEach, describe, expect, it } from 'vitest';

import type { Craft } from '../helpers/forger.ts';
import { HostileClient } from '../helpers/hostile-client.ts';
import { plainLeg } from '../helpers/open-book.ts';
import { Recorder } from '../helpers/recorder.ts';
import { type Connected, sharedWorld } from '../helpers/world.ts';

const maxMessageBytes = 10_485_760;
const maxInParts = 16;
/** What is taken for a round trip while nobody has acknowledged anything. */
const unknownRoundTripMs = 100;

describe('a client that breaks the rules of the link', () => {
  const traffic = new Recorder<NostrEvent>('an event');
  const world = sharedWorld(plainLeg, undefined, {
    careless: (event) => {
      traffic.add(event);
      return [0];
    },
  });
  const { executions } = world.fixture;

  beforeEach(() => executions.clear());

  const open = (): Promise<HostileClient> => new HostileClient(world, traffic).open();

  async function expectUnharmed({ client, errors, closes }: Connected): Promise<void> {
    const key = randomHex(4);
    await client.callTool({ name: 'count', arguments: { key } });
    expect(executions.get(key)).toBe(1);
    expect(executions.get('hostile')).toBeUndefined();
    expect([errors.items, closes.count]).toEqual([[], 0]);
  }

  const part = (message: number, totalBytes: number, content = 'x'): Craft => ({
    content,
    part: { message, totalBytes, sort: 'request' },
  });

  const violations: [string, RegExp, readonly Craft[]][] = [
    ['sends more of a message than it declared', /larger than the 10 bytes/, [part(0, 10, 'x'.repeat(11))]],
    [
      'sends parts without end',
      /larger than the 10 bytes/,
      Array.from({ length: 20 }, () => part(0, 10, 'seven..')),
    ],
    [
      'declares a message above the limit',
      /10485761 bytes is above 10485760/,
      [part(0, maxMessageBytes + 1)],
    ],
    ['declares no bytes at all', /larger than the 0 bytes/, [part(0, 0)]],
    ['declares another size in the next part', /contradicts/, [part(0, 10), part(0, 11)]],
    ['sends an empty part', /contradicts/, [part(0, 10, '')]],
    [
      'leaves more messages unfinished than may be',
      /more than 16 messages are in parts/,
      Array.from({ length: maxInParts + 1 }, (_, message) => part(message, 10)),
    ],
    ['acknowledges what was never sent', /was never sent/, [{ link: { acknowledged: 1000 } }]],
    [
      'acknowledges it in a probe',
      /was never sent/,
      [{ link: { acknowledged: 10 ** 14, control: 'probe', detail: 'x' } }],
    ],
  ];

  it.each(violations)('is told goodbye when it %s, and executes nothing more', async (_, reason, crafts) => {
    const honest = await world.connect();
    const reported = world.served.errors.next(({ message }) => reason.test(message));
    const hostile = await open();
    for (const craft of crafts) hostile.say(craft);
    hostile.count('hostile');
    await reported;
    expect(await hostile.ended()).toBe('violation');
    await expectUnharmed(honest);
  });

  it('costs what it has sent, and not what it declares', async () => {
    const honest = await world.connect();
    const hostile = await open();
    for (let message = 0; message < maxInParts; message++) hostile.say(part(message, maxMessageBytes));
    hostile.count('beside unfinished ones');
    await hostile.heard((_, { content }) => content.includes('beside unfinished ones'));
    expect(executions.get('beside unfinished ones')).toBe(1);
    await expectUnharmed(honest);
  });

  it('executes nothing of a message that it takes back, and may send others', async () => {
    const honest = await world.connect();
    const hostile = await open();
    const text = JSON.stringify({
      jsonrpc: '2.0',
      id: 'hostile',
      method: 'tools/call',
      params: { name: 'count', arguments: { key: 'hostile' } },
    });
    const sorts = (sort: MessagePart['sort'], content: string): Craft => ({
      content,
      part: { message: 0, totalBytes: text.length, sort },
    });
    hostile.say(sorts('request', text.slice(0, 20)));
    hostile.say(sorts('abort', ''));
    // The rest of it is the beginning of nothing.
    hostile.say(sorts('request', text.slice(20)));
    hostile.count('after the abort');
    await hostile.heard((_, { content }) => content.includes('after the abort'));
    expect(executions.get('after the abort')).toBe(1);
    await expectUnharmed(honest);
  });

  it('has huge numbers thrown away, and what is next in order taken', async () => {
    const honest = await world.connect();
    const hostile = await open();
    const huge = 10 ** 14;
    for (let index = 0; index < 600; index++) hostile.say({ link: { sequence: huge + 2 * index } });
    hostile.count('next in order');
    const { held = [], acknowledged } = await hostile.heard((_, { content }) =>
      content.includes('next in order'),
    );
    expect(acknowledged).toBe(2);
    expect(held.length).toBeLessThanOrEqual(16);
    expect(executions.get('next in order')).toBe(1);
    await expectUnharmed(honest);
  });

  it('harms only itself when it says that it holds what it cannot have', async () => {
    const honest = await world.connect();
    const hostile = await open();
    const held: NumberRange[] = [[5, 10 ** 13]];
    for (let index = 0; index < 50; index++) hostile.say({ link: { acknowledged: 1, held } });
    hostile.say({ link: { acknowledged: 1, held, control: 'probe', detail: randomHex(8) } });
    hostile.count('with a lie');
    await hostile.heard((_, { content }) => content.includes('with a lie'));
    expect(executions.get('with a lie')).toBe(1);
    await expectUnharmed(honest);
  });

  it('is answered once in a round trip, however often it asks or repeats itself', async () => {
    const honest = await world.connect();
    const hostile = await open();
    const call = hostile.count('flood');
    await hostile.heard((_, { content }) => content.includes('flood'));
    const before = hostile.answers.length;
    const since = performance.now();
    for (let round = 0; round < 50; round++) {
      for (let index = 0; index < 10; index++) {
        hostile.say({ link: { control: 'probe', detail: randomHex(8) } });
        hostile.say({ link: { sequence: 1, detail: randomHex(8) } });
        world.inject(call, world.server.pubkey);
      }
      await honest.client.ping();
    }
    // It has acknowledged nothing: each time it is told what has come, and given both answers once more.
    const times = Math.ceil((performance.now() - since) / unknownRoundTripMs) + 1;
    expect(hostile.answers.length - before).toBeLessThanOrEqual(3 * times);
    expect(executions.get('flood')).toBe(1);
    await expectUnharmed(honest);
  });
});
