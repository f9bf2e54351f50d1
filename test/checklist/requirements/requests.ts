import { expect, vi } from 'vitest';

import { bothSpecs, JSON_RPC, legacySpec, modernSpec, nip } from '../citations.ts';
import { textOf } from '../client/party.ts';
import { newKey } from '../ground.ts';
import type { Requirement } from '../requirement.ts';
import { quickWays, relayWays, steadyWays } from '../ways.ts';

const TIME_OUT = /timed out|timeout/i;
const timeoutPages = [legacySpec('basic/lifecycle#timeouts'), modernSpec('basic/patterns/cancellation')];

export const requests: readonly Requirement[] = [
  {
    id: 'concurrent',
    item: 'requests.concurrent',
    text: '100 requests at once are answered each with its own answer, slow and fast, progress between them',
    era: 'both',
    cites: [
      JSON_RPC,
      ...bothSpecs('basic/utilities/progress').slice(0, 1),
      modernSpec('basic/patterns/progress'),
    ],
    run: async ({ main }) => {
      const calls = Array.from({ length: 100 }, async (_, i) => {
        if (i % 10 === 0) {
          const progress: number[] = [];
          await main.callTool(
            'progress',
            { steps: 3 },
            { onprogress: (report) => progress.push(report.progress) },
          );
          return progress;
        }
        const ms = i % 10 === 1 ? 40 : 0;
        return textOf(await main.callTool('delay', { ms, text: `${i}` }));
      });
      const expected = calls.map((_, i) => (i % 10 === 0 ? [1, 2, 3] : `${i}`));
      expect(await Promise.all(calls)).toEqual(expected);
    },
  },
  {
    id: 'executed-once',
    item: 'requests.once',
    text: 'a call is executed once and answered once, and no client hears of an answer that it does not know',
    era: 'both',
    cites: [nip('01'), ...bothSpecs('basic#responses')],
    run: async (stage) => {
      const { main, service } = stage;
      const before = main.errors.count;
      const keys = Array.from({ length: 20 }, () => stage.name('once'));
      const answers = await Promise.all(keys.map((key) => main.callTool('count', { key })));
      await main.callTool('echo', { text: 'behind them' });
      expect(answers.map(textOf)).toEqual(keys.map(() => '1'));
      expect(keys.map((key) => service.executions.get(key))).toEqual(keys.map(() => 1));
      const unknown = main.errors.items.slice(before).filter(({ message }) => /unknown/i.test(message));
      expect(unknown).toEqual([]);
    },
  },
  {
    id: 'late-response',
    item: 'requests.errors',
    text: 'nothing is delivered for a cancelled request any more, though its handler returns an answer',
    era: 'both',
    cites: [
      legacySpec('basic/utilities/cancellation#behavior-requirements'),
      modernSpec('basic/patterns/cancellation#behavior-requirements'),
    ],
    run: async (stage) => {
      const { main, service } = stage;
      const name = stage.name('late');
      const before = main.tap.received.count;
      const abort = new AbortController();
      const call = main.callTool('wait', { name }, { signal: abort.signal });
      const failure = call.catch((error: unknown) => error);
      await service.started.first((each) => each === name);
      abort.abort('enough');
      expect(String(await failure)).toContain('enough');
      await service.aborted.first((each) => each === name);
      await main.callTool('echo', { text: 'behind it' });
      const answers = main.tap.received.items.slice(before);
      expect(JSON.stringify(answers)).not.toContain(name);
    },
  },
  {
    id: 'crossing-response',
    item: 'requests.errors',
    text: 'an answer that crosses the cancellation of its request is not delivered',
    era: 'both',
    cites: [
      legacySpec('basic/utilities/cancellation#behavior-requirements'),
      modernSpec('basic/patterns/cancellation#behavior-requirements'),
    ],
    ways: [...relayWays],
    runBare: async (bare) => {
      const { client, server } = await bare.connect();
      const received = server.received.next();
      await client.send({ jsonrpc: '2.0', id: 0, method: 'x/slow' });
      await received;
      const behind = client.received.next((message) => 'method' in message);
      await Promise.all([
        server.send({ jsonrpc: '2.0', id: 0, result: { isLate: true } }),
        client.send({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 0 } }),
        server.send({ jsonrpc: '2.0', method: 'notifications/x/behind' }),
      ]);
      await behind;
      expect(client.received.items.filter((message) => 'id' in message && message.id === 0)).toEqual([]);
    },
  },
  {
    id: 'error-codes',
    item: 'requests.errors',
    text: 'the error of a handler keeps its code and its data, inside and outside of the reserved range',
    era: 'both',
    cites: [JSON_RPC, ...bothSpecs('basic#responses')],
    run: async ({ main }) => {
      for (const code of [-32_603, -32_050, 7, 40_404]) {
        const args = { code, message: `with ${code}`, data: { list: [null, 'ü'] } };
        const answer = await main.tap.callTool(`error ${code}`, 'error', args);
        expect(answer).toMatchObject({ error: { code, data: { list: [null, 'ü'] } } });
        expect(answer).toHaveProperty('error.message', expect.stringContaining(`with ${code}`));
      }
    },
  },
  {
    id: 'throwing-handler',
    item: 'requests.errors',
    text: 'a handler that throws is an error with its message, and the connection goes on',
    era: 'both',
    cites: [JSON_RPC, ...bothSpecs('server/tools#error-handling')],
    run: async ({ main }) => {
      await expect(main.callTool('fail')).rejects.toThrow('the tool failed on purpose');
      expect(textOf(await main.callTool('echo', { text: 'goes on' }))).toBe('goes on');
    },
  },
  {
    id: 'unknown-method',
    item: 'requests.errors',
    text: 'an unknown method is answered with -32601 by the server',
    era: 'both',
    cites: [JSON_RPC],
    run: async ({ main }) => {
      expect(await main.tap.request('unknown', 'nothing/here')).toMatchObject({
        id: 'unknown',
        error: { code: -32_601, message: 'Method not found' },
      });
    },
  },
  {
    id: 'invalid-result',
    item: 'requests.errors',
    text: 'a result that its schema does not allow is refused by the client, and the connection goes on',
    era: 'both',
    cites: bothSpecs('server/tools#output-schema'),
    run: async (stage) => {
      const party = await stage.connect();
      await party.listTools();
      await expect(party.callTool('mismatch')).rejects.toThrow(/schema/i);
      expect(textOf(await party.callTool('echo', { text: 'goes on' }))).toBe('goes on');
    },
  },
  {
    id: 'timeout',
    item: 'requests.timeouts',
    text: 'a request that takes too long fails at its client and is cancelled at its server',
    era: 'both',
    cites: timeoutPages,
    ways: [...steadyWays],
    run: async (stage) => {
      const { main, service } = stage;
      // Where its time is over before it has left, it is taken back, and there is nothing to cancel.
      for (let timeout = 150, hasBegun = false; !hasBegun; timeout *= 2) {
        const name = stage.name('too long');
        await expect(main.callTool('wait', { name }, { timeout })).rejects.toThrow(TIME_OUT);
        expect(textOf(await main.callTool('echo', { text: 'goes on' }))).toBe('goes on');
        hasBegun = service.started.items.includes(name);
        if (hasBegun) await service.aborted.first((each) => each === name);
      }
    },
  },
  {
    id: 'timeout-reset',
    item: 'requests.timeouts',
    text: 'progress keeps a request alive for as long as it comes',
    era: 'both',
    cites: timeoutPages,
    ways: [...quickWays],
    pairs: ['v1 client, v1 server', 'v2 client and server, modern'],
    run: async ({ main }) => {
      // A busy machine may hold progress up for longer than that: then all of it is slower.
      for (let everyMs = 220, isDone = false; !isDone; everyMs *= 2) {
        const progress: number[] = [];
        const call = main.callTool(
          'tick',
          { steps: 8, everyMs },
          {
            timeout: 7 * everyMs,
            resetTimeoutOnProgress: true,
            onprogress: (report) => progress.push(report.progress),
          },
        );
        const outcome = await call.then(textOf, String);
        if (TIME_OUT.test(outcome)) continue;
        expect(outcome).toBe('done');
        expect(progress).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
        isDone = true;
      }
    },
  },
  {
    id: 'total-timeout',
    item: 'requests.timeouts',
    text: 'progress does not keep a request alive beyond its total time',
    era: 'both',
    cites: timeoutPages,
    ways: [...quickWays],
    pairs: ['v1 client, v1 server', 'v2 client and server, modern'],
    run: async (stage) => {
      // Of its own, since the SDKs do not tell the server: its progress goes on.
      const party = await stage.connect();
      const options = {
        timeout: 10_000,
        resetTimeoutOnProgress: true,
        maxTotalTimeout: 200,
        onprogress: () => {},
      };
      await expect(party.callTool('tick', { steps: 500, everyMs: 20 }, options)).rejects.toThrow(/total/i);
    },
  },
  {
    id: 'one-relay-down',
    item: 'requests.relays-down',
    text: 'one of two relays that is away is not noticed, and neither is the other one afterwards',
    era: 'both',
    cites: [nip('01'), ...bothSpecs('basic/transports')],
    ways: ['two relays'],
    run: async ({ main, host, ground: { world } }) => {
      const isEverywhere = (): boolean =>
        [...(host.server?.relays ?? []), ...('relays' in main.line ? main.line.relays : [])].every(
          ({ status }) => status === 'ready',
        );
      for (const index of [0, 1]) {
        await world?.restartRelay(index, async () => {
          expect(textOf(await main.callTool('echo', { text: `without ${index}` }))).toBe(`without ${index}`);
        });
        // Else the other one might be the only one that is in use when it goes.
        await vi.waitUntil(isEverywhere, 20_000);
      }
    },
  },
  {
    id: 'all-relays-down',
    item: 'requests.relays-down',
    text: 'a request that no relay takes fails and says which relays, and the next one works',
    era: 'both',
    cites: [nip('01'), ...bothSpecs('basic/transports')],
    provenBy: [
      { file: 'test/e2e/silence.test.ts', test: 'is reported within 15 s when $what ($form)' },
      {
        file: 'test/e2e/recovery.test.ts',
        test: 'may be away for seconds: what was under way and what is called meanwhile is answered',
      },
    ],
  },
  {
    id: 'silent-server',
    item: 'requests.silence',
    text: 'a server that is not there is an error that names it and its relays, in bounded time',
    era: 'both',
    cites: bothSpecs('basic/transports'),
    provenBy: [{ file: 'test/e2e/silence.test.ts', test: 'is reported within 15 s when $what ($form)' }],
  },
  {
    id: 'server-appears',
    item: 'requests.silence',
    text: 'a client that was there first is served when its server comes',
    era: 'both',
    cites: bothSpecs('basic/transports'),
    ways: ['one relay', 'two relays'],
    run: async (stage) => {
      const { world } = stage.ground;
      const [server, key] = await Promise.all([newKey(), newKey()]);
      const line = world?.transport({ server: server.pubkey, relays: world.relayUrls, signer: key.signer });
      if (line === undefined) throw new Error('there is no relay');
      const connecting = stage.connect({ key, line });
      connecting.catch(() => {}); // it is waited for below
      await vi.waitUntil(() => 'relays' in line && line.relays[0]?.status === 'ready', 10_000);
      const host = await stage.serve(stage.service, { signer: server.signer });
      const party = await connecting;
      expect(textOf(await party.callTool('echo', { text: 'in the end' }))).toBe('in the end');
      stage.onleave(() => host.close());
    },
  },
];
