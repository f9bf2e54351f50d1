import { NostrClientTransport } from '@mcp-nostr/client';
import { generateSecretKey, getPublicKey, secretKeySigner, successorTemplate } from '@mcp-nostr/core';
import type { Policy } from '@mcp-nostr/server';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { describe, expect, it, onTestFinished, vi } from 'vitest';

import { BareCaller, call, codeOf, textOf } from '../helpers/bare-caller.ts';
import { bareServers } from '../helpers/bare-servers.ts';
import { LiveBook } from '../helpers/policy-world.ts';
import { newSigner } from '../helpers/world.ts';

const open = bareServers();

describe('of clients without a link', () => {
  it('one that is idle makes room, and goes on with its next request as if nothing had been', async () => {
    const { caller, fixture, server } = await open({ maxConnections: 1 });
    const [one, two] = [await caller(), await caller()];
    await one.initialize();
    await two.initialize();
    await fixture.instances[0]?.closes.first();
    expect(textOf(await one.call(1, 'echo', { text: 'again' }))).toBe('again');
    expect([server.connections, fixture.instances.length]).toEqual([1, 3]);
  });

  it('one that waits for an answer is not given up, neither for another nor for a session of its own', async () => {
    const { caller, fixture } = await open({ maxConnections: 1 });
    const [one, two] = [await caller(), await caller()];
    const waiting = await one.say(call(1, 'wait', { name: 'w' }));
    await fixture.started.first();
    expect(codeOf(await two.call(1, 'echo', { text: '' }))).toBe('busy');
    expect(codeOf(await one.ask({ id: 2, method: 'initialize', params: {} }))).toBe('busy');
    fixture.release('w');
    expect(textOf(await one.answer(waiting))).toBe('waited for w');
  });

  it('strangers take no room of those who are known, with a link or without', async () => {
    const key = generateSecretKey();
    const known = getPublicKey(key);
    const allow: Policy = { permit: ({ pubkey }) => ({ isKnown: pubkey === known }) };
    const { caller, fixture, server } = await open({ allow, maxConnections: 2, strangersShare: 0.5 });
    const [first, second] = [await caller(), await caller()];
    await first.say(call(1, 'wait', { name: 'w' }));
    await fixture.started.first();
    expect(codeOf(await second.call(1, 'echo', { text: '' }))).toBe('busy');
    const client = new Client({ name: 'linked', version: '1' });
    onTestFinished(() => client.close());
    await client.connect(new NostrClientTransport({ server: server.address, signer: secretKeySigner(key) }));
    expect(server.connections).toBe(2);
    await client.close();
    const bare = await caller({ key });
    await bare.initialize();
    expect(fixture.newest.caller.pubkey).toBe(known);
  });

  it('refusals are few, and a flood of what is no message keeps nobody else from an answer', async () => {
    const allowed = generateSecretKey();
    const { caller, errors } = await open({ allow: [getPublicKey(allowed)] });
    const [flood, honest] = [await caller(), await caller({ key: allowed })];
    const events = [];
    for (let n = 0; n < 60; n++) events.push(await flood.sign(call(n, 'echo', { text: '' })));
    await Promise.all(events.map((event) => flood.publish(event)));
    expect(textOf(await honest.call(1, 'echo', { text: 'x' }))).toBe('x');
    expect(flood.heard.items.every((each) => codeOf(each) === 'not_allowed')).toBe(true);
    expect(flood.heard.count).toBeLessThan(events.length / 2);
    expect(errors.items).toEqual([]);
  });

  it('a key has the rates that its policy says, over all sessions', async () => {
    const book = new LiveBook();
    const key = generateSecretKey();
    book.change((each) => each.allow(getPublicKey(key), { callsPerMinute: 2 }, 1));
    const { caller, reports } = await open({ allow: book.policy });
    const bare = await caller({ key });
    const answers = [];
    for (let n = 0; n < 3; n++) {
      await bare.initialize();
      answers.push(await bare.call(n, 'echo', { text: `${n}` }));
    }
    expect(answers.map(codeOf)).toEqual([undefined, undefined, 'rate_limited']);
    expect(answers[2]?.json['error'].data.retryAfterMs).toBeGreaterThan(0);
    const refused = reports.items.find(({ outcome }) => outcome === 'refused');
    expect(refused).toMatchObject({ event: answers[2]?.message.requestEvent, code: 'rate_limited' });
  });

  it('one that is not allowed any more is told at once what waits, and nothing else', async () => {
    const book = new LiveBook();
    const key = generateSecretKey();
    const pubkey = getPublicKey(key);
    book.change((each) => each.allow(pubkey, {}, 1));
    const { caller, fixture, server } = await open({ allow: book.policy });
    const bare = await caller({ key });
    const waiting = await bare.say(call(1, 'wait', { name: 'revoked' }));
    await fixture.started.first();
    book.change((each) => each.deny(pubkey, {}, 1));
    expect(codeOf(await bare.answer(waiting))).toBe('outcome_unknown');
    await fixture.aborted.first();
    expect(codeOf(await bare.ask({ id: 2, method: 'tools/list' }))).toBe('not_allowed');
    expect(server.connections).toBe(0);
  });

  it('hear at a former key which one follows it', async () => {
    const [former, present] = [newSigner(), newSigner()];
    const formerKey = await former.getPublicKey();
    const successor = { pubkey: await present.getPublicKey(), relays: [] };
    const announcedAt = Math.floor(Date.now() / 1_000);
    const statement = await former.signEvent(
      successorTemplate({ former: formerKey, successor, announcedAt }),
    );
    const { server, relays, fixture } = await open({
      signer: present,
      predecessors: [{ signer: former, statement }],
    });
    const bare = await BareCaller.open(
      { pubkey: formerKey },
      relays.map(({ url }) => url),
    );
    // The former key has connections of its own; what is said before they stand is lost.
    await vi.waitUntil(
      async () => {
        await bare.say({ id: 1, method: 'ping' });
        return bare.heard.items.some((each) => codeOf(each) === 'server_moved');
      },
      { timeout: 25_000, interval: 100 },
    );
    const refused = await bare.call(2, 'count', { key: 'moved' });
    expect([codeOf(refused), refused.json['error'].data.successor]).toEqual([
      'server_moved',
      expect.any(String),
    ]);
    expect([fixture.instances.length, server.connections]).toEqual([0, 0]);
  });

  it('nobody is heard where a server is told not to', async () => {
    const { caller, fixture, errors } = await open({ contextvm: false });
    const bare = await caller();
    await bare.say(call(1, 'count', { key: 'off' }));
    await errors.first();
    expect([bare.heard.count, fixture.instances.length]).toEqual([0, 0]);
  });
});
