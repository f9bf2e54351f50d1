import {
  decodeFrame,
  DecodeError,
  type Frame,
  isResponse,
  type JsonRpcMessage,
  MESSAGE_KIND,
  type NostrEvent,
  parseEvent,
} from '@mcp-nostr/core';
import { Link, linkLimits, type Outgoing, TransportError, UnfinishedMessages } from '@mcp-nostr/transport';

import { ClientSession } from '../../../packages/client/src/client-session.ts';
import { check, checkDeclared, jsonIn, readBy, type Target } from '../target.ts';
import { clientMessages, CONNECTION, frames, INSTANCE, NOW, serverMessages } from './samples.ts';

/** So few that it is reached. */
const MAX_UNFINISHED_BYTES = 150;
const NAMES = { id: 'a'.repeat(64), pubkey: 'd'.repeat(64), sig: 'b'.repeat(128) };

/** The frame of a case, with the number that is next and the connection that there is. */
function frameIn(
  text: string,
  connection: string,
  next: number,
): { event: NostrEvent; frame: Frame } | undefined {
  const value = jsonIn(text.replaceAll(CONNECTION, connection).replaceAll('"@next"', `"${next}"`));
  if (typeof value !== 'object' || value === null) return undefined;
  return readBy(() => {
    const event = parseEvent({ ...NAMES, kind: MESSAGE_KIND, created_at: NOW, ...value });
    return { event, frame: decodeFrame(event) };
  }, DecodeError);
}

/** What is in order is delivered; what comes again or too early only with luck. */
function inOrder(messages: readonly JsonRpcMessage[]) {
  return frames('f'.repeat(64), messages, INSTANCE).flatMap(({ tags, content }) => {
    const next = tags.map((tag) => (tag[0] === 'link' && tag[2] !== '' ? tag.with(2, '@next') : tag));
    const isEnd = tags.some((tag) => ['bye', 'reset', 'refuse'].includes(tag[5] ?? ''));
    // Seldom an end: most of what can go wrong takes more than a few frames.
    return [{ tags, content }, ...(isEnd ? [] : Array.from({ length: 6 }, () => ({ tags: next, content })))];
  });
}

/** Says all that there is to say; everybody takes it. */
function sendAll(poll: () => Outgoing | undefined): void {
  for (let next = poll(), turns = 0; next !== undefined; next = poll()) {
    check(turns++ < 2_000, 'it never comes to an end of what it has to say');
    const { from, frame, sent, event } = next;
    if (event === undefined && frame !== undefined)
      from.signed({ ...NAMES, kind: MESSAGE_KIND, created_at: NOW, tags: [], content: frame.content });
    from.published(sent, 'accepted');
  }
}

/** One end of a connection, opposite a peer that keeps to nothing. */
const linkTarget: Target = {
  name: 'link',
  weight: 120,
  open: () => {
    let now = 0;
    let number = 0;
    let received = 0;
    let link: Link | undefined;
    const unfinished = new UnfinishedMessages(MAX_UNFINISHED_BYTES);
    const begin = (): Link =>
      new Link({
        role: 'server',
        connection: CONNECTION,
        instance: INSTANCE,
        isWrapped: true,
        clock: () => now,
        random: () => `${number++}`,
        frameBytes: () => 40_960,
        unfinished,
        onmessage: ({ text }) => {
          received++;
          // Every other one is answered.
          if (received % 2 === 0) link?.send({ text, sort: 'response', id: `${received}` });
          return received % 2 === 0;
        },
        onlost: () => {},
        onend: () => {},
      });
    return {
      samples: inOrder(clientMessages),
      take: (text) => {
        now += 30;
        if (link?.isDone !== false || number % 5_000 === 4_999) {
          link?.close();
          link = begin();
          link.relaysChanged(true, true);
        }
        number++;
        const current = link;
        const { event, frame } = frameIn(text, CONNECTION, current.expected) ?? {};
        const bytes = text.length;
        if (event !== undefined && frame !== undefined)
          current.receive(frame, { id: event.id, createdAt: event.created_at, bytes });
        sendAll(() => current.poll());
        check(unfinished.bytes <= MAX_UNFINISHED_BYTES, `${unfinished.bytes} bytes are unfinished`);
        check(current.queuedBytes <= linkLimits.maxQueuedBytes, `${current.queuedBytes} bytes wait`);
      },
      verify: () => {
        link?.close();
        check(received > 0, 'no message came through');
        check(unfinished.bytes === 0, `${unfinished.bytes} bytes outlive their connections`);
      },
    };
  },
};

/** A client's conversation, opposite a server that keeps to nothing. */
const clientTarget: Target = {
  name: 'client-session',
  weight: 120,
  open: () => {
    let now = 0;
    let number = 0;
    let answered = 0;
    let next = 0;
    let connection: string | undefined;
    let session: ClientSession | undefined;
    const asked = new Set<number | string>();
    const problems: unknown[] = [];
    const begin = (): ClientSession => {
      asked.clear();
      const begun = new ClientSession({
        isWrapped: true,
        clock: () => now,
        nowSeconds: () => NOW + Math.floor(now / 1_000),
        random: () => 0.5,
        randomHex: (bytes) =>
          (number++)
            .toString(16)
            .padStart(2 * bytes, '0')
            .slice(-2 * bytes),
        frameBytes: () => 40_960,
        unfinished: new UnfinishedMessages(MAX_UNFINISHED_BYTES),
        describe: () => ({ server: 'it', relays: 'there' }),
        moved: () => ({ code: 'server_moved', reason: 'it has moved', data: {} }),
        onmessage: (message) => {
          if (!isResponse(message) || message.id === undefined) return;
          answered++;
          check(asked.delete(message.id), `an answer to ${message.id}, for which nobody waits`);
        },
        onerror: (error) => problems.push(error),
        onlost: () => {
          session?.close();
          session = undefined;
        },
      });
      begun.relaysChanged(true, true);
      return begun;
    };
    return {
      samples: inOrder(serverMessages),
      take: (text) => {
        now += number % 50 === 0 ? 5_000 : 20;
        if (number % 3_000 === 0) session?.close();
        if (number++ % 3_000 === 0) session = undefined;
        session ??= begin();
        const current = session;
        for (const request of clientMessages) {
          if (!('id' in request) || !('method' in request) || asked.has(request.id) || asked.size > 3)
            continue;
          asked.add(request.id);
          current.send(request, undefined);
          break;
        }
        sendAll(() => current.poll());
        if (current.connection !== connection) next = 0;
        connection = current.connection;
        const { event, frame } = frameIn(text, connection ?? '', next) ?? {};
        if (frame?.link.sequence === next) next++;
        const arrival = { bytes: text.length, encrypted: true, relay: 'ws://relay', isRepeat: false };
        if (event !== undefined && frame !== undefined) current.receive({ event, frame, ...arrival });
        if (session === current) sendAll(() => current.poll());
        for (const problem of problems.splice(0)) {
          if (problem instanceof Error && problem.constructor === Error) continue; // said of what the server did
          checkDeclared(problem, DecodeError, TransportError);
        }
      },
      verify: () => check(answered > 0, 'no answer came through'),
      close: () => session?.close(),
    };
  },
};

export const sessionTargets: readonly Target[] = [linkTarget, clientTarget];
