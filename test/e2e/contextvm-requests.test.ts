import { generateSecretKey } from '@mcp-nostr/core';
import { readSupport } from '@mcp-nostr/core/contextvm';
import { describe, expect, it } from 'vitest';

import { type BareCaller, call, codeOf, textOf } from '../helpers/bare-caller.ts';
import { bareServers } from '../helpers/bare-servers.ts';
import { newSigner } from '../helpers/world.ts';
import { KeptIds } from '../helpers/kept-ids.ts';

const open = bareServers();

describe('a client without a link', () => {
  it('begins with initialize, and hears what we support with the answer, each time', async () => {
    const { caller, fixture, server } = await open();
    const bare = await caller();
    const first = await bare.initialize();
    expect(first.json).toMatchObject({ id: 'hello', result: { serverInfo: { name: 'fixture' } } });
    const support = readSupport(first.message.tags);
    expect(support).toMatchObject({ encryption: true, ephemeral: true, oversized: true });
    expect(support.link).toMatch(/^[0-9a-f]{16}$/);
    expect(textOf(await bare.call(1, 'echo', { text: 'ü' }))).toBe('ü');
    expect((await bare.call(2, 'echo', { text: '' })).message.tags.map(([name]) => name)).toEqual(['salt']);
    const again = await bare.initialize();
    expect(readSupport(again.message.tags)).toEqual(support);
    expect(fixture.instances).toHaveLength(2);
    await fixture.instances[0]?.closes.first();
    expect(server.connections).toBe(1);
  });

  it('may begin with any request: the MCP server hears an initialize all the same', async () => {
    const { caller, reports } = await open();
    const bare = await caller();
    const answer = await bare.call(1, 'who');
    expect(readSupport(answer.message.tags).oversized).toBe(true);
    expect(JSON.parse(String(textOf(answer)))).toMatchObject({ clientId: bare.pubkey });
    // What nobody has sent is in no report.
    expect(reports.items).toMatchObject([
      { method: 'tools/call', event: answer.message.requestEvent, outcome: 'ok' },
    ]);
  });

  it('pings without an MCP server, and is answered by that when it has one', async () => {
    const { caller, fixture, server, reports } = await open();
    const bare = await caller();
    const pong = await bare.ask({ id: 7, method: 'ping' });
    expect(pong.json).toEqual({ jsonrpc: '2.0', id: 7, result: {} });
    expect(readSupport(pong.message.tags).encryption).toBe(true);
    expect([fixture.instances.length, server.connections]).toEqual([0, 0]);
    await bare.initialize();
    expect((await bare.ask({ id: 8, method: 'ping' })).json).toMatchObject({ id: 8, result: {} });
    expect(reports.items.map(({ method }) => method)).toEqual(['initialize', 'ping']);
  });

  it('is told what it got wrong, and an answer is never answered', async () => {
    const { caller } = await open();
    const bare = await caller();
    const event = await bare.sign({});
    await bare.publish(event);
    expect((await bare.answer(event.id)).json).toMatchObject({ error: { code: -32_600 } });
    const answers = [
      { id: 1, result: {} },
      { error: { code: 1, message: 'x' } },
      { id: 2, error: { code: 1, message: 'x' } },
    ];
    for (const each of answers) await bare.say(each);
    await bare.ask({ id: 3, method: 'ping' });
    expect(bare.heard.count).toBe(2);
  });

  it('is answered in the form of each request, and in the wrap that relays do not store once it said it reads that', async () => {
    const { caller } = await open({ encryption: 'optional' });
    const bare = await caller();
    const forms = async (...sayings: Parameters<BareCaller['ask']>[1][]) => {
      const answers = [];
      for (const saying of sayings)
        answers.push((await bare.ask({ id: 1, method: 'tools/list' }, saying)).form);
      return answers;
    };
    expect(await forms({ form: 'stored' }, { form: 'plain' }, { form: 'ephemeral' })).toEqual([
      'stored',
      'plain',
      'ephemeral',
    ]);
    const tags = [['support_encryption'], ['support_encryption_ephemeral']];
    expect(await forms({ form: 'stored', tags }, { form: 'stored' }, { form: 'plain' })).toEqual([
      'ephemeral',
      'ephemeral',
      'plain',
    ]);
  });

  it('is heard and hears with a clock that is 10 s slow or fast', async () => {
    for (const offsetMs of [-10_000, 10_000]) {
      const { caller } = await open({ seen: { completeSince: 0, has: () => false, add: () => true } });
      const bare = await caller({ now: () => Date.now() + offsetMs });
      const asked = Math.floor((Date.now() + offsetMs) / 1_000);
      const { event } = await bare.initialize();
      expect(event.created_at).toBeGreaterThanOrEqual(asked);
      expect(textOf(await bare.call(1, 'echo', { text: 'x' }))).toBe('x');
    }
  });

  it('in plain text at a server that requires encryption is refused with words', async () => {
    const { caller, fixture } = await open();
    const bare = await caller({ form: 'plain' });
    const refused = await bare.ask(call(1, 'count', { key: 'plain' }));
    expect([codeOf(refused), refused.form]).toEqual(['encryption_required', 'plain']);
    expect(fixture.instances).toHaveLength(0);
  });

  it('that may not is told so, or hears nothing', async () => {
    for (const refusals of ['answer', 'silent'] as const) {
      const refused: string[] = [];
      const { caller, server } = await open({
        allow: [],
        refusals,
        onrefused: ({ code }) => refused.push(code),
      });
      const bare = await caller();
      // Clients of ours ask so beside their openings: no stranger has come.
      const ping = await bare.say({ id: 1, method: 'ping' });
      const list = await bare.say({ id: 2, method: 'tools/list' });
      if (refusals === 'answer')
        for (const event of [ping, list]) {
          const refusal = await bare.answer(event);
          expect(codeOf(refusal)).toBe('not_allowed');
          // Or a client of ours would take us for a server that has no link.
          expect(readSupport(refusal.message.tags).link).toBeDefined();
        }
      await expect.poll(() => refused, { timeout: 25_000 }).toEqual(['not_allowed']);
      expect([bare.heard.count, server.connections]).toEqual([refusals === 'answer' ? 2 : 0, 0]);
    }
  });
});

describe('requests of one key', () => {
  it('have ids and tokens of their own for each program, and get them back as they were', async () => {
    const { caller, fixture } = await open();
    const key = generateSecretKey();
    const [one, two] = [await caller({ key }), await caller({ key })];
    await one.initialize();
    const asked = await Promise.all([
      one.say(call(1, 'progress', { steps: 2 }, { progressToken: 1 })),
      two.say(call(1, 'progress', { steps: 3 }, { progressToken: '1' })),
      one.say(call('1', 'progress', { steps: 1 }, { progressToken: 0 })),
    ]);
    const ids = [];
    for (const event of asked) ids.push((await one.answer(event)).json['id']);
    expect(ids).toEqual([1, 1, '1']);
    const progress = asked.map((event) =>
      one.heard.items
        .filter(({ message, json }) => message.requestEvent === event && 'method' in json)
        .map(({ json }) => json['params'].progressToken),
    );
    expect(progress).toEqual([[1, 1], ['1', '1', '1'], [0]]);
    expect(fixture.instances).toHaveLength(1);
  });

  it('are cancelled by the id that the client gave, and not where that is of two', async () => {
    const { caller, fixture } = await open();
    const bare = await caller();
    await bare.initialize();
    const wait = async (id: string | number, name: string) => {
      const event = await bare.say(call(id, 'wait', { name }));
      await fixture.started.first((each) => each === name);
      return event;
    };
    await wait(1, 'one');
    const [two, other] = [await wait(2, 'two'), await wait(2, 'other two')];
    for (const requestId of [2, 3, 1])
      await bare.say({ method: 'notifications/cancelled', params: { requestId } });
    expect(await fixture.aborted.first()).toBe('one');
    for (const name of ['two', 'other two']) fixture.release(name);
    expect(textOf(await bare.answer(two))).toBe('waited for two');
    expect(textOf(await bare.answer(other))).toBe('waited for other two');
    expect(fixture.aborted.items).toEqual(['one']);
    expect(bare.heard.items.filter(({ json }) => json['id'] === 1)).toEqual([]);
  });

  it('are answered by the session that they began in, when another one has begun meanwhile', async () => {
    const { caller, fixture, server } = await open();
    const bare = await caller();
    await bare.initialize();
    const waiting = await bare.say(call(1, 'wait', { name: 'old' }));
    await fixture.started.first();
    const before = fixture.newest;
    await bare.initialize();
    expect(textOf(await bare.call(2, 'echo', { text: 'new' }))).toBe('new');
    expect([server.connections, before.closes.count]).toEqual([2, 0]);
    // Its news would come twice.
    before.server.sendToolListChanged();
    fixture.newest.server.sendToolListChanged();
    fixture.release('old');
    expect(textOf(await bare.answer(waiting))).toBe('waited for old');
    await before.closes.first();
    expect(server.connections).toBe(1);
    expect(bare.news.filter((method) => method === 'notifications/tools/list_changed')).toHaveLength(1);
  });

  it('are executed once, however often they come, in whatever form', async () => {
    const { caller, fixture } = await open({ encryption: 'optional' });
    const bare = await caller();
    const event = await bare.sign(call(1, 'count', { key: 'once' }));
    for (const form of ['stored', 'ephemeral', 'plain', 'stored'] as const) await bare.publish(event, form);
    expect(textOf(await bare.answer(event.id))).toBe('1');
    await bare.ask({ id: 2, method: 'ping' });
    expect(fixture.executions.get('once')).toBe(1);
  });

  it('of another time are refused, with the time', async () => {
    const { caller } = await open();
    const bare = await caller();
    for (const late of [130, -70]) {
      const refused = await bare.ask({ id: 1, method: 'initialize', params: {} }, { late });
      expect(codeOf(refused)).toBe('wrong_clock');
      expect(refused.json['error'].data.serverTime).toBeCloseTo(Date.now() / 1_000, -1);
    }
  });

  it('of before a restart are not executed unless it is known that they were not', async () => {
    const signer = newSigner();
    const seen = new KeptIds();
    const first = await open({ signer, seen });
    const bare = await first.caller();
    const [done, undone] = [
      await bare.sign(call(1, 'count', { key: 'a' })),
      await bare.sign(call(2, 'count', { key: 'b' }), { late: 5 }),
    ];
    const list = await bare.sign({ id: 3, method: 'tools/list' }, { late: 5 });
    await bare.publish(done);
    await bare.answer(done.id);
    await first.server.close();

    const second = await open({ signer, seen });
    for (const event of [done, undone]) await bare.publish(event);
    expect(textOf(await bare.answer(undone.id))).toBe('1');
    expect([...second.fixture.executions]).toEqual([['b', 1]]);
    await second.server.close();

    const forgetful = await open({ signer });
    for (const event of [undone, list]) await bare.publish(event, 'stored');
    expect((await bare.answer(list.id)).json).toHaveProperty('result.tools');
    const refused = await bare.heard.first(({ json }) => 'error' in json);
    expect([codeOf(refused), refused.message.requestEvent]).toEqual(['outcome_unknown', undone.id]);
    expect(forgetful.fixture.executions.size).toBe(0);
  });
});

describe('what an MCP server says to a client without a link', () => {
  it('of nobody’s request goes to that client alone, once', async () => {
    const { caller, fixture } = await open();
    const [one, two] = [await caller(), await caller()];
    for (const each of [one, two]) await each.initialize();
    fixture.instances[0]?.server.sendToolListChanged();
    await one.heard.first(({ json }) => json['method'] === 'notifications/tools/list_changed');
    await one.ask({ id: 1, method: 'ping' });
    await two.ask({ id: 1, method: 'ping' });
    expect([one.news.length, two.news.length]).toEqual([1, 0]);
    expect(one.heard.items.find(({ json }) => 'method' in json)?.message.requestEvent).toBeUndefined();
  });

  it('after the answer belongs to nobody', async () => {
    const { caller } = await open();
    const bare = await caller();
    const answer = await bare.call(1, 'progress', { steps: 1, late: true }, { meta: { progressToken: 5 } });
    await bare.call(2, 'delay', { ms: 20, text: '' });
    const progress = bare.heard.items.filter(({ json }) => json['method'] === 'notifications/progress');
    expect(progress.map(({ message, json }) => [message.requestEvent, json['params'].progress])).toEqual([
      [answer.message.requestEvent, 1],
    ]);
  });

  it('as a request fails at once, and capabilities for it are not offered', async () => {
    const { caller, fixture } = await open();
    const bare = await caller();
    await bare.initialize({
      capabilities: { sampling: {}, elicitation: {}, roots: {}, experimental: { x: {} } },
    });
    expect(fixture.newest.server.server.getClientCapabilities()).toEqual({ experimental: { x: {} } });
    const answer = await bare.call(1, 'ask-model', { prompt: 'x' });
    expect(answer.json['result']).toMatchObject({ isError: true });
    expect(textOf(answer)).toContain('take no requests');
  });

  it('that is too large and cannot go in parts is an error, not silence', async () => {
    const { caller } = await open();
    const bare = await caller();
    expect(codeOf(await bare.call(1, 'large', { length: 100_000 }))).toBe('message_too_large');
  });

  it('when it closes: that nobody knows what became of the request', async () => {
    const { caller, fixture, server } = await open();
    const bare = await caller();
    const event = await bare.say(call('w', 'wait', { name: 'closing' }));
    await fixture.started.first();
    await server.close();
    const answer = await bare.answer(event);
    expect([codeOf(answer), answer.json['id']]).toEqual(['outcome_unknown', 'w']);
  });
});
