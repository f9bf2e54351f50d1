import {
  AddressError,
  encodeFrame,
  generateSecretKey,
  getPublicKey,
  MESSAGE_KIND,
  type NostrEvent,
  secretKeySigner,
  signEvent,
  wrapEvent,
} from '@mcp-nostr/core';
import { startRelay } from '@mcp-nostr/relay';
import { Endpoint, type IncomingFrame, RelayPool } from '@mcp-nostr/transport';
import { describe, expect, it, onTestFinished } from 'vitest';

import { endless, failure, openPool, readyPool, watchedPool } from '../helpers/relay-pool.ts';
import { Recorder } from '../helpers/recorder.ts';
import { closedScriptedRelay, openScriptedRelay } from '../helpers/scripted-relay.ts';

const key = generateSecretKey();
const me = getPublicKey(key);
let made = 0;

function event(): NostrEvent {
  const createdAt = Math.floor(Date.now() / 1000);
  return signEvent(
    { kind: MESSAGE_KIND, created_at: createdAt, tags: [['p', me]], content: `${++made}` },
    key,
  );
}

describe('an event published to one relay', () => {
  it.each([
    ['is accepted', {}, 'accepted'],
    ['is muted when nobody listens', { refusesEvents: 'mute: nobody is listening' }, 'muted'],
    ['is accepted when the relay has it already', { refusesEvents: 'duplicate: have it' }, 'accepted'],
    ['is congested when the relay wants fewer', { rateLimits: 1 }, 'congested'],
    ['is congested when the relay has a fault', { refusesEvents: 'error: no database' }, 'congested'],
  ])('%s', async (_, script, outcome) => {
    const relay = await openScriptedRelay(script);
    expect(await openPool([relay]).publish(event())).toBe(outcome);
  });

  it('counts as sent when the relay says nothing', async () => {
    const relay = await openScriptedRelay({ sendsOk: false });
    const pool = openPool([relay], { timing: { ...endless, okTimeoutMs: 300 } });
    expect(await pool.publish(event())).toBe('sent');
  });

  it.each([
    ['blocked: spam', 'blocked'],
    ['invalid: event too large', 'invalid'],
    ['pow: 28 bits needed', 'pow'],
    ['ERROR: restricted: members only', 'restricted'],
  ])('fails with the words of the relay that refuses it: %s', async (reason, code) => {
    const relay = await openScriptedRelay({ refusesEvents: reason });
    const error = await failure(openPool([relay]).publish(event()));
    expect(error).toMatchObject({
      code: 'relays_unreachable',
      data: { relays: [{ url: relay.url, code, reason }] },
    });
    expect(error.message).toBe(`no relay took the message: ${relay.url} (${reason})`);
  });

  it('fails when the relay did not come in time, and says why it could not be reached', async () => {
    const relay = await closedScriptedRelay();
    const { pool, missed } = watchedPool([relay], { timing: { ...endless, publishTimeoutMs: 200 } });
    await missed(relay);
    const error = await failure(pool.publish(event()));
    expect(error.code).toBe('relays_unreachable');
    expect(error.message).toContain('ECONNREFUSED');
  });

  it('counts as lost, and is not sent again, when the connection is lost before an answer', async () => {
    const relay = await openScriptedRelay({ sendsOk: false });
    const pool = openPool([relay]);
    const outcome = pool.publish(event());
    await relay.heard('EVENT');
    relay.cut();
    expect(await outcome).toBe('lost');
    const next = event();
    relay.script.sendsOk = true;
    expect(await pool.publish(next)).toBe('accepted');
    expect(relay.events.slice(1)).toEqual([next]);
  });

  it('is published once, and answered twice, when it is published again while it is pending', async () => {
    const relay = await openScriptedRelay();
    const pool = openPool([relay]);
    const sent = event();
    expect(await Promise.all([pool.publish(sent), pool.publish(sent)])).toEqual(['accepted', 'accepted']);
    expect(relay.events).toEqual([sent]);
  });

  it('makes room for newer ones when too many wait for the relay', async () => {
    const relay = await closedScriptedRelay();
    const pool = openPool([relay]);
    const first = event();
    const failed = failure(pool.publish(first));
    const rest = Array.from({ length: 1_000 }, (_, n) => ({
      ...first,
      id: n.toString(16).padStart(64, '0'),
    }));
    const outcomes = rest.map((each) => pool.publish(each));
    expect((await failed).message).toContain('its queue is full');
    await relay.start();
    expect(new Set(await Promise.all(outcomes))).toEqual(new Set(['accepted']));
    expect(relay.events.map(({ id }) => id)).toEqual(rest.map(({ id }) => id));
  });
});

describe('an event published to several relays', () => {
  it('is done at the first that takes it, whatever the others do or fail to do', async () => {
    const others = await Promise.all([
      openScriptedRelay({ refusesEvents: 'blocked: no' }),
      openScriptedRelay({ refusesEvents: 'mute: nobody' }),
      openScriptedRelay({ sendsOk: false }),
      openScriptedRelay({ isHalfOpen: true }),
      closedScriptedRelay(),
    ]);
    const good = await openScriptedRelay();
    const pool = openPool([...others, good]);
    const sent = event();
    expect(await pool.publish(sent)).toBe('accepted');
    expect(good.events).toEqual([sent]);
  });

  it('fails when all refuse it, naming each relay and its reason', async () => {
    const [blocked, restricted] = await Promise.all([
      openScriptedRelay({ refusesEvents: 'blocked: spam' }),
      openScriptedRelay({ refusesEvents: 'restricted: members only' }),
    ]);
    const down = await closedScriptedRelay();
    const { pool, ready, missed } = watchedPool([blocked, restricted, down], {
      timing: { ...endless, publishTimeoutMs: 200 },
    });
    await Promise.all([ready(blocked), ready(restricted), missed(down)]);
    const error = await failure(pool.publish(event()));
    expect(error.code).toBe('relays_unreachable');
    expect(error.message).toContain(`${blocked.url} (blocked: spam)`);
    expect(error.message).toContain(`${restricted.url} (restricted: members only)`);
    expect(error.message).toMatch(new RegExp(`${down.url} \\(.*ECONNREFUSED.*\\)`));
    expect(error.data['relays']).toHaveLength(3);
    expect(error.data['relays']).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ url: blocked.url, code: 'blocked' }),
        expect.objectContaining({ url: restricted.url, code: 'restricted' }),
        expect.objectContaining({ url: down.url, code: 'unreachable' }),
      ]),
    );
  });

  it('is muted when nobody listens on those that answer; a dead relay is not waited for', async () => {
    const muting = await openScriptedRelay({ refusesEvents: 'mute: nobody' });
    const down = await closedScriptedRelay();
    const pool = openPool([down, muting]);
    expect(await pool.publish(event())).toBe('muted');
  });

  it('is muted, and not refused, when one relay mutes and the other refuses', async () => {
    const relays = await Promise.all([
      openScriptedRelay({ refusesEvents: 'blocked: no' }),
      openScriptedRelay({ refusesEvents: 'mute: nobody' }),
    ]);
    expect(await openPool(relays).publish(event())).toBe('muted');
  });

  it('is congested when one relay wants fewer and the other refuses', async () => {
    const pool = await readyPool([
      await openScriptedRelay({ refusesEvents: 'blocked: no' }),
      await openScriptedRelay({ refusesEvents: 'rate-limited: slow down' }),
    ]);
    expect(await pool.publish(event())).toBe('congested');
  });

  it.each([
    ['mute: nobody', 'rate-limited: slow down'],
    ['error: no database', 'mute: nobody'],
  ])('is muted when any relay mutes: first %s, then %s', async (...reasons) => {
    const relays = await Promise.all(reasons.map(() => openScriptedRelay({ sendsOk: false })));
    const pool = await readyPool(relays);
    const sent = event();
    const outcome = pool.publish(sent);
    for (const [index, relay] of relays.entries()) {
      const after = event();
      const heard = pool.publish(after, { relay: relay.url });
      await relay.heard(`EVENT ${after.id}`);
      relay.say(['OK', sent.id, false, reasons[index]]);
      relay.say(['OK', after.id, true, '']);
      await heard;
    }
    expect(await outcome).toBe('muted');
  });
});

describe('a pool', () => {
  it('takes each relay once, however it is spelled', () => {
    const pool = openPool([{ url: 'ws://127.0.0.1:9' }, { url: ' WS://127.0.0.1:9/ ' }]);
    expect(pool.states.map(({ url }) => url)).toEqual(['ws://127.0.0.1:9']);
  });

  it('does not start without a relay, or with something that is none', () => {
    expect(() => new RelayPool({ relays: [] })).toThrow(expect.objectContaining({ code: 'no_relays' }));
    expect(() => new RelayPool({ relays: ['wss://relay.example', 'relay.example'] })).toThrow(AddressError);
  });

  it('may be asked for its states by whoever hears of a change, from the first on', async () => {
    const relay = await openScriptedRelay();
    const seen: string[] = [];
    const ready = new Promise<void>((resolve) => {
      const pool: RelayPool = openPool([relay], {
        onstate: () => {
          seen.push(...pool.states.map(({ status }) => status));
          if (seen.includes('ready')) resolve();
        },
      });
    });
    await ready;
    expect(seen).toEqual(['connecting', 'ready']);
  });

  it('brings an event from every relay that has it, through our own relays', async () => {
    const relays = await Promise.all([startRelay(), startRelay()]);
    for (const relay of relays) onTestFinished(() => relay.close());
    const heard: string[] = [];
    let goLive: () => void = () => {};
    const live = new Promise<void>((resolve) => {
      goLive = resolve;
    });
    const both = new Promise<void>((resolve) => {
      const onstate = (): void => {
        if (pool.states.every(({ status }) => status === 'ready')) goLive();
      };
      const pool: RelayPool = openPool(relays, { onstate });
      pool.subscribe(
        () => [{ kinds: [MESSAGE_KIND], '#p': [me] }],
        (_, relay) => {
          if (heard.push(relay) === 2) resolve();
        },
      );
    });
    const publisher = openPool(relays);
    await live;
    expect(await publisher.publish(event())).toBe('accepted');
    await both;
    expect(new Set(heard)).toEqual(new Set(relays.map(({ url }) => url)));
  });
});

describe('a frame that comes more than once', () => {
  it('is handed on once: through several relays, in several copies, again after a reconnection', async () => {
    const relays = await Promise.all([openScriptedRelay({ copies: 3 }), openScriptedRelay({ copies: 2 })]);
    const frames = new Recorder<IncomingFrame>('a frame');
    const endpoint = new Endpoint({
      pubkey: me,
      signer: secretKeySigner(key),
      relays: relays.map(({ url }) => url),
      encryption: 'required',
      accepts: () => true,
      onreach: () => {},
      onframe: frames.add,
    });
    onTestFinished(() => endpoint.close());
    const author = generateSecretKey();
    const link = { connection: 'c'.repeat(32), sequence: 0, acknowledged: 0, instance: '' };
    const inner = signEvent(encodeFrame({ link, content: '' }, me, Math.floor(Date.now() / 1000)), author);
    const wrap = wrapEvent(inner, me);
    const publisher = openPool(relays);
    await Promise.all(relays.map((relay) => relay.heard('REQ')));
    await publisher.publish(wrap);
    await Promise.all(relays.map((relay) => relay.heard('EVENT')));
    await frames.first();
    for (const relay of relays) {
      relay.script.stored = [wrap];
      relay.cut();
    }
    await Promise.all(relays.map((relay) => relay.heard('REQ', 2)));
    const again = frames.next();
    await publisher.publish(wrapEvent(inner, me));
    await again;
    expect(frames.items.map(({ isRepeat, event: { id } }) => [id === inner.id, isRepeat])).toEqual([
      [true, false],
      [true, true],
    ]);
  });
});
