import { type NostrEvent, type Signer } from '@mcp-nostr/core';
import { startRelay } from '@mcp-nostr/relay';
import { describe, expect, it, onTestFinished } from 'vitest';

import { type BareEnd, openBareEnd } from '../helpers/bare-ends.ts';
import { failure } from '../helpers/relay-pool.ts';
import { openScriptedRelay } from '../helpers/scripted-relay.ts';

async function relays(count: number) {
  const started = await Promise.all(Array.from({ length: count }, () => startRelay()));
  onTestFinished(async () => void (await Promise.all(started.map((relay) => relay.close()))));
  return started;
}

async function pair(count = 1): Promise<[BareEnd, BareEnd]> {
  const on = await relays(count);
  return [await openBareEnd(on), await openBareEnd(on)];
}

const ping = (id: number): string => `{"jsonrpc":"2.0","id":${id},"method":"ping"}`;

/** A signer whose answers wait for a word. */
function gated(refuses: (content: string) => boolean = () => false) {
  const waiting: (() => void)[] = [];
  const wrap = (signer: Signer): Signer => ({
    ...signer,
    signEvent: async (template) => {
      await new Promise<void>((resolve) => void waiting.push(resolve));
      if (refuses(template.content)) throw new Error('no');
      return signer.signEvent(template);
    },
  });
  return { waiting, wrap };
}

describe('messages without a link', () => {
  it.each(['plain', 'ephemeral'] as const)('arrive in their order, once: %s', async (form) => {
    const [a, b] = await pair(2);
    const sender = a.sender(b);
    const texts = Array.from({ length: 16 }, (_, id) => ping(id));
    await Promise.all(texts.map((text) => sender.send({ text, form })));
    expect(await b.texts(texts.length)).toEqual(texts);
    expect(new Set(b.received.map((each) => each.form))).toEqual(new Set([form]));
    expect(sender.queuedBytes).toBe(0);
  });

  it('say what they belong to and what their author says of itself, and are not dated before what they answer', async () => {
    const [a, b] = await pair();
    const requestEvent = 'e'.repeat(64);
    const notBefore = a.endpoint.nowSeconds() + 30;
    const signed: NostrEvent[] = [];
    await a.sender(b).send({
      text: ping(1),
      requestEvent,
      tags: [['support_encryption']],
      form: 'ephemeral',
      notBefore,
      onsigned: (event) => signed.push(event),
    });
    await b.texts(1);
    const arrived = b.received[0];
    expect(arrived?.message.requestEvent).toBe(requestEvent);
    expect(arrived?.message.tags).toContainEqual(['support_encryption']);
    expect(arrived?.event.created_at).toBe(notBefore);
    expect(signed).toEqual([arrived?.event]);
  });

  it('that are equal, in one second, are two events', async () => {
    const [a, b] = await pair();
    const sender = a.sender(b);
    const notBefore = a.endpoint.nowSeconds() + 5;
    await Promise.all([1, 1].map((id) => sender.send({ text: ping(id), form: 'plain', notBefore })));
    expect(await b.texts(2)).toEqual([ping(1), ping(1)]);
  });

  it('wait for a slow signer in their order, and one that it refuses fails alone', async () => {
    const on = await relays(1);
    const { waiting, wrap } = gated((content) => content === ping(1));
    const [a, b] = [await openBareEnd(on, {}, wrap), await openBareEnd(on)];
    const sender = a.sender(b);
    const sent = [0, 1, 2].map((id) => sender.send({ text: ping(id), form: 'ephemeral' }));
    const refused = failure(sent[1] ?? Promise.resolve());
    let released = 0;
    while (released < 3) {
      await new Promise((resolve) => setImmediate(resolve));
      expect(waiting.length).toBeLessThanOrEqual(1);
      for (const release of waiting.splice(0)) {
        released++;
        release();
      }
    }
    expect(await refused).toMatchObject({ code: 'signer_failed', message: 'the signer refused: no' });
    await Promise.all([sent[0], sent[2]]);
    expect(await b.texts(2)).toEqual([ping(0), ping(2)]);
  });

  it('above what the relays take fail, and the error says what they take', async () => {
    const [a, b] = await pair();
    const text = JSON.stringify({ jsonrpc: '2.0', method: 'x', params: { text: '"'.repeat(40_000) } });
    const error = await failure(a.sender(b).send({ text, form: 'plain' }));
    expect(error.code).toBe('message_too_large');
    expect(error.data['maxBytes']).toBe(a.endpoint.frameBytes);
  });

  it('are withdrawn before they are signed, and none leaves after the end', async () => {
    const on = await relays(1);
    const { waiting, wrap } = gated();
    const [a, b] = [await openBareEnd(on, {}, wrap), await openBareEnd(on)];
    const sender = a.sender(b);
    const aborter = new AbortController();
    const sent = [0, 1, 2, 3].map((id) => {
      const signal = id === 1 ? aborter.signal : undefined;
      return sender.send({ text: ping(id), form: 'ephemeral', signal });
    });
    const failures = sent.slice(1).map(failure);
    aborter.abort();
    sender.withdraw(({ text }) => text === ping(2));
    while (waiting.length === 0) await new Promise((resolve) => setImmediate(resolve));
    waiting.pop()?.();
    await sent[0];
    while (waiting.length === 0) await new Promise((resolve) => setImmediate(resolve));
    sender.close();
    expect((await Promise.all(failures)).map(({ code }) => code)).toEqual(['closed', 'closed', 'closed']);
    expect((await failure(sender.send({ text: ping(4), form: 'plain' }))).code).toBe('closed');
    waiting.pop()?.();
    expect(sender.queuedBytes).toBe(0);
    expect(await b.texts(1)).toEqual([ping(0)]);
  });
});

describe('a plain message on two relays', () => {
  it('goes to one of them, the one where the peer was heard', async () => {
    const on = [await openScriptedRelay(), await openScriptedRelay()];
    const [a, b] = [await openBareEnd(on), await openBareEnd(on)];
    const sender = a.sender(b);
    await sender.send({ text: ping(1), form: 'plain' });
    await sender.send({ text: ping(2), form: 'plain', relay: on[1]?.url });
    expect(on.map(({ events }) => events.map(({ content }) => content))).toEqual([[ping(1)], [ping(2)]]);
  });

  it.each(['blocked: no', 'mute: nobody is listening', 'rate-limited: slow down'])(
    'goes to the other when one has surely not taken it (%s)',
    async (refusesEvents) => {
      const on = [await openScriptedRelay({ refusesEvents }), await openScriptedRelay()];
      const [a, b] = [await openBareEnd(on), await openBareEnd(on)];
      await a.sender(b).send({ text: ping(1), form: 'plain' });
      expect(on.map(({ events }) => events.length)).toEqual([0, 1]);
    },
  );

  it('goes to no other when one went away with it', async () => {
    const on = [await openScriptedRelay({ sendsOk: false }), await openScriptedRelay()];
    const [a, b] = [await openBareEnd(on), await openBareEnd(on)];
    const sent = a.sender(b).send({ text: ping(1), form: 'plain' });
    await on[0]?.heard('EVENT');
    on[0]?.cut();
    await sent;
    expect(on.map(({ events }) => events.length)).toEqual([1, 0]);
  });

  it('waits for one when neither is there', async () => {
    const on = [await openScriptedRelay(), await openScriptedRelay()];
    const a = await openBareEnd(on);
    await Promise.all(on.map((relay) => relay.stop()));
    while (a.endpoint.isReachable) await new Promise((resolve) => setImmediate(resolve));
    const sent = a.sender({ pubkey: 'a'.repeat(64) }).send({ text: ping(1), form: 'plain' });
    await Promise.all(on.map((relay) => relay.start()));
    await sent;
    expect(on.flatMap(({ events }) => events)).toHaveLength(1);
  });
});

describe('a wrapped message that no relay took', () => {
  it.each([
    ['is offered again in another wrap', { rateLimits: 1 }],
    ['is offered again when nobody listened', { refusesEvents: 'mute: nobody is listening' }],
  ])('%s', async (_, script) => {
    const relay = await openScriptedRelay(script);
    const [a, b] = [await openBareEnd([relay]), await openBareEnd([relay])];
    const sent = a.sender(b).send({ text: ping(1), form: 'ephemeral' });
    await relay.heard('EVENT');
    relay.script.refusesEvents = undefined;
    await sent;
    expect(await b.texts(1)).toEqual([ping(1)]);
    const ids = relay.log.filter((line) => line.startsWith('EVENT'));
    expect(new Set(ids).size).toBe(2);
  });

  it('fails with the words of the relays when all refuse it', async () => {
    const relay = await openScriptedRelay({ refusesEvents: 'blocked: spam' });
    const a = await openBareEnd([relay]);
    const error = await failure(a.sender({ pubkey: a.pubkey }).send({ text: ping(1), form: 'ephemeral' }));
    expect(error).toMatchObject({ code: 'relays_unreachable' });
    expect(error.message).toContain('blocked: spam');
  });

  it('that went away with a relay is sent again only where a second copy does no harm', async () => {
    const relay = await openScriptedRelay({ sendsOk: false });
    const a = await openBareEnd([relay]);
    const sender = a.sender({ pubkey: a.pubkey });
    for (const [isRepeatable, copies] of [
      [false, 1],
      [true, 2],
    ] as const) {
      relay.events.length = 0;
      const sent = sender.send({ text: ping(1), form: 'ephemeral', isRepeatable });
      while (relay.events.length === 0) await relay.change();
      relay.cut();
      relay.script.sendsOk = isRepeatable;
      await sent;
      expect(relay.events).toHaveLength(copies);
    }
  });
});
