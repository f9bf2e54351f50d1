import { limits, parseMessage, type Signer } from '@mcp-nostr/core';
import { parseTransferFrame, type TransferFrame } from '@mcp-nostr/core/contextvm';
import { startRelay } from '@mcp-nostr/relay';
import { type BareSender, type IncomingBare, Transfers, UnfinishedMessages } from '@mcp-nostr/transport';
import { describe, expect, it, onTestFinished } from 'vitest';

import { type BareEnd, openBareEnd } from '../helpers/bare-ends.ts';
import { Gate } from '../helpers/gates.ts';
import { failure } from '../helpers/relay-pool.ts';
import { openScriptedRelay } from '../helpers/scripted-relay.ts';

async function openRelays(count = 1) {
  const relays = await Promise.all(Array.from({ length: count }, () => startRelay()));
  onTestFinished(async () => void (await Promise.all(relays.map((relay) => relay.close()))));
  return relays;
}

function request(id: number, bytes: number): string {
  const text = 'ü"\\\n€'.repeat(bytes / 10);
  return JSON.stringify({ jsonrpc: '2.0', id, method: 'tools/call', params: { text } });
}

/** Both ends on the same relays; the second puts transfers together and answers with `accept` and `abort`. */
async function openPair({
  relays = 1,
  takes = 'yes',
  accepts = false,
  slow = (signer) => signer,
}: {
  relays?: number;
  takes?: 'yes' | 'no' | 'unknown';
  accepts?: boolean;
  /** Who signs for the first. */
  slow?: (signer: Signer) => Signer;
} = {}) {
  const on = await openRelays(relays);
  const texts: string[] = [];
  const frames: TransferFrame[] = [];
  let changed: () => void = () => {};
  const transfersOf = new Map<string, Transfers>();
  const unfinished = new UnfinishedMessages();
  const takeAt = async (incoming: IncomingBare): Promise<void> => {
    const frame = parseTransferFrame(parseMessage(incoming.message.content));
    if (frame === undefined) texts.push(incoming.message.content);
    else {
      frames.push(frame);
      const { pubkey } = incoming.event;
      const transfers =
        transfersOf.get(pubkey) ??
        new Transfers({
          sender: { accepted: () => {}, refused: () => {} },
          unfinished,
          isKnownToTake: () => !accepts,
          reply: (text, { form }) => {
            replies.push(text);
            b.sender({ pubkey })
              .send({ text, form })
              .catch((error: unknown) => b.errors.push(error));
          },
          onfailed: (error) => failures.push(error.message),
        });
      transfersOf.set(pubkey, transfers);
      const message = transfers.take(frame, incoming);
      if (message !== undefined) texts.push(message.text);
    }
    changed();
  };
  const replies: string[] = [];
  const failures: string[] = [];
  let sender: BareSender | undefined;
  const onbare = ({ message }: IncomingBare): void => {
    const frame = parseTransferFrame(parseMessage(message.content));
    if (frame?.frameType === 'accept') sender?.accepted(frame.token);
    if (frame?.frameType === 'abort') sender?.refused(frame.token, frame.reason);
  };
  const a: BareEnd = await openBareEnd(on, { onbare }, slow);
  const b = await openBareEnd(on, { onbare: (incoming) => void takeAt(incoming) });
  sender = a.sender(b, { takesOversized: () => ({ yes: true, no: false, unknown: undefined })[takes] });
  onTestFinished(() => {
    for (const transfers of transfersOf.values()) transfers.close();
  });
  const until = async (isSo: () => boolean): Promise<void> => {
    while (!isSo()) {
      await new Promise<void>((resolve) => {
        const earlier = changed;
        changed = () => {
          earlier();
          resolve();
        };
      });
    }
  };
  return { on, a, b, sender, texts, frames, replies, failures, until, unfinished };
}

describe('a message that no event holds', () => {
  it.each([
    ['plain', 100_000],
    ['ephemeral', 1_000_000],
  ] as const)('arrives whole: %s, %i bytes', async (form, bytes) => {
    const { sender, texts, until, b, failures } = await openPair({ relays: 2 });
    const text = request(1, bytes);
    const ends: string[] = [];
    await sender.send({
      text,
      token: 1,
      form,
      tags: [['support_oversized_transfer']],
      onsigned: ({ id }) => ends.push(id),
    });
    await until(() => texts.length > 0);
    expect(texts).toEqual([text]);
    expect(failures).toEqual([]);
    const tagged = b.received.map(({ message }) =>
      message.tags.some(([name]) => name === 'support_oversized_transfer'),
    );
    expect(tagged.filter(Boolean)).toHaveLength(1);
    expect(ends).toEqual([b.received.at(-1)?.event.id]);
  });

  it('goes in events that are as large as the relays take, and not larger', async () => {
    const { a, sender, until, texts, b } = await openPair();
    const text = request(1, 120_000);
    while (a.endpoint.frameBytes < limits.defaultFrameBytes)
      await new Promise((resolve) => setImmediate(resolve));
    await sender.send({ text, token: '1', form: 'ephemeral' });
    await until(() => texts.length > 0);
    const sizes = b.received.slice(1, -2).map(({ event }) => Buffer.byteLength(JSON.stringify(event)));
    for (const size of sizes) {
      expect(size).toBeLessThanOrEqual(a.endpoint.frameBytes);
      expect(size).toBeGreaterThan(a.endpoint.frameBytes - 600);
    }
  });

  it('lets small messages pass', async () => {
    const { sender, texts, until } = await openPair();
    const large = sender.send({ text: request(1, 400_000), token: 1, form: 'ephemeral' });
    const small = request(2, 100);
    await sender.send({ text: small, form: 'ephemeral' });
    await until(() => texts.length > 1);
    await large;
    expect(texts[0]).toBe(small);
  });

  it('is not overtaken by what belongs to the same request', async () => {
    const { sender, texts, until } = await openPair();
    const requestEvent = 'e'.repeat(64);
    const large = request(1, 100_000);
    const small = request(2, 100);
    const sent = [large, small].map((text) =>
      sender.send({ text, token: 1, requestEvent, form: 'ephemeral' }),
    );
    await Promise.all(sent);
    await until(() => texts.length > 1);
    expect(texts).toEqual([large, small]);
  });

  it('goes after another one of its token', async () => {
    const { sender, texts, until } = await openPair();
    const both = [1, 2].map((id) => request(id, 50_000));
    await Promise.all(both.map((text) => sender.send({ text, token: 1, form: 'plain' })));
    await until(() => texts.length > 1);
    expect(texts).toEqual(both);
  });

  it('ends when all else was taken, however long a relay makes one frame wait', async () => {
    const relay = await openScriptedRelay();
    const a = await openBareEnd([relay]);
    const sent = a.sender({ pubkey: a.pubkey }).send({ text: request(1, 40_000), token: 1, form: 'plain' });
    await relay.heard('EVENT');
    relay.script.rateLimits = 1;
    await sent;
    const frames = relay.events.map(({ content }) => parseTransferFrame(parseMessage(content)));
    const numbers = frames.map((frame) => frame?.progress ?? 0);
    expect(numbers).not.toEqual(numbers.toSorted((one, other) => one - other));
    expect(frames.at(-1)?.frameType).toBe('end');
    expect(new Set(numbers).size).toBe(numbers.at(-1));
  });

  it('waits for the word of a peer that may not take it, and for a silent one no longer than a moment', async () => {
    for (const accepts of [true, false]) {
      const { sender, texts, until, frames, replies } = await openPair({ takes: 'unknown', accepts });
      const text = request(1, 60_000);
      await sender.send({ text, token: 5, form: 'ephemeral' });
      await until(() => texts.length > 0);
      expect(texts).toEqual([text]);
      expect(frames.map(({ progress }) => progress).slice(0, 2)).toEqual([1, 3]);
      // Who waits for it is answered in any case: at once, or when nothing has followed for a while.
      expect(replies.map((reply) => parseTransferFrame(parseMessage(reply))?.frameType)).toEqual(['accept']);
    }
  });

  it('fails without a progress token, and where the peer takes none', async () => {
    const { sender } = await openPair({ takes: 'no' });
    const text = request(1, 60_000);
    expect((await failure(sender.send({ text, form: 'plain' }))).code).toBe('message_too_large');
    expect((await failure(sender.send({ text, token: 1, form: 'plain' }))).code).toBe('message_too_large');
  });

  it('that is cancelled is not sent to its end, and the peer is told', async () => {
    const { sender, texts, until, frames, unfinished } = await openPair();
    const aborter = new AbortController();
    const sent = failure(
      sender.send({ text: request(1, 800_000), token: 1, form: 'ephemeral', signal: aborter.signal }),
    );
    await until(() => frames.length > 3);
    aborter.abort();
    expect((await sent).code).toBe('closed');
    await until(() => frames.at(-1)?.frameType === 'abort');
    expect(texts).toEqual([]);
    expect(unfinished.bytes).toBe(0);
    expect(sender.queuedBytes).toBe(0);
    await sender.send({ text: request(2, 50_000), token: 1, form: 'plain' });
    await until(() => texts.length > 0);
  });

  it('that the peer does not take fails with its reason', async () => {
    // The rest of it waits for the word of the peer, however late that comes.
    const refused = new Gate();
    let signed = 0;
    const slow = (signer: Signer): Signer => ({
      ...signer,
      signEvent: async (template) => {
        if (++signed > 6) await refused.opened;
        return signer.signEvent(template);
      },
    });
    const { sender, b, a, frames, until } = await openPair({ slow });
    const sent = failure(sender.send({ text: request(1, 800_000), token: 1, form: 'plain' }));
    await until(() => frames.length > 2);
    const params = {
      progressToken: '1',
      progress: 2,
      cvm: { type: 'oversized-transfer', frameType: 'abort', reason: 'full' },
    };
    await b.sender(a).send({
      text: JSON.stringify({ jsonrpc: '2.0', method: 'notifications/progress', params }),
      form: 'plain',
    });
    const error = await sent;
    refused.open();
    expect(error.code).toBe('message_too_large');
    expect(error.message).toContain('full');
  });
});

describe('a large message beside hostile ones', () => {
  it('arrives although another key sends frames of the same token, and starts others', async () => {
    const { on, sender, b, texts, until, unfinished } = await openPair();
    const stranger = (await openBareEnd(on)).sender(b);
    const cvm = {
      type: 'oversized-transfer',
      frameType: 'start',
      completionMode: 'render',
      digest: `sha256:${'a'.repeat(64)}`,
      totalBytes: 10,
      totalChunks: 9,
    };
    const frame = (progressToken: string, progress: number, more: object) =>
      stranger.send({
        text: JSON.stringify({
          jsonrpc: '2.0',
          method: 'notifications/progress',
          params: { progressToken, progress, cvm: { ...cvm, ...more } },
        }),
        form: 'plain',
      });
    const text = request(1, 200_000);
    const honest = sender.send({ text, token: '1', form: 'ephemeral' });
    for (let count = 0; count < 8; count++) {
      await Promise.all([
        frame('1', 2, { frameType: 'chunk', data: 'x'.repeat(20_000) }),
        frame('1', 9, { frameType: 'end' }),
        frame('1', 9, { frameType: 'abort' }),
        frame(`t${count}`, 1, {}),
      ]);
    }
    await honest;
    await until(() => texts.length > 0);
    expect(texts).toEqual([text]);
    expect(unfinished.bytes).toBeLessThan(100_000);
  });
});
