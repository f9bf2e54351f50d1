import { expect } from 'vitest';

import { bothSpecs, legacySpec, modernSpec } from '../citations.ts';
import { textOf } from '../client/party.ts';
import type { Requirement } from '../requirement.ts';
import type { Params } from '../server/context.ts';
import {
  capabilities,
  clientCapabilities,
  clientInfo,
  instructions,
  serverInfo,
} from '../server/identity.ts';

/** What the two sides say of themselves, and the lists that one shows the other. */
export const contents: readonly Requirement[] = [
  {
    id: 'identity-of-server',
    item: 'lifecycle.identity',
    text: 'what a server says of itself comes through unchanged',
    era: 'both',
    cites: [legacySpec('basic/lifecycle#initialization'), modernSpec('server/discover')],
    run: async ({ main }) => {
      const { info, instructions: said, capabilities: has } = main.server();
      expect(info).toEqual(serverInfo);
      expect(said).toBe(instructions);
      expect(has).toMatchObject({
        experimental: capabilities.experimental,
        extensions: capabilities.extensions,
      });
    },
  },
  {
    id: 'identity-of-client',
    item: 'lifecycle.identity',
    text: 'what a client says of itself reaches the server unchanged',
    era: 'both',
    cites: [legacySpec('basic/lifecycle#initialization'), modernSpec('basic#meta')],
    run: async (stage) => {
      await stage.main.callTool('echo', { text: 'the new era says it with each request' });
      if (stage.era === 'legacy') expect(stage.serverOf(stage.main).clientInfo()).toEqual(clientInfo);
      const request = stage.main.tap.sent.items.at(-1);
      if (stage.era === 'modern') {
        expect(request).toMatchObject({
          params: {
            _meta: {
              'io.modelcontextprotocol/clientInfo': clientInfo,
              'io.modelcontextprotocol/clientCapabilities': { extensions: clientCapabilities.extensions },
            },
          },
        });
      }
    },
  },
  {
    id: 'identity-untouched',
    item: 'lifecycle.identity',
    text: 'what neither SDK knows of itself or the other comes through as well',
    era: 'both',
    cites: bothSpecs('basic#meta'),
    runBare: async (bare) => {
      const { client, server } = await bare.connect();
      const params = {
        clientInfo: { ...clientInfo, 'x-new': [1] },
        capabilities: { 'x-new': { deep: null } },
      };
      const request = server.received.next();
      await client.send({ jsonrpc: '2.0', id: 'init', method: 'initialize', params });
      expect(await request).toEqual({ jsonrpc: '2.0', id: 'init', method: 'initialize', params });
      const result = { serverInfo: { ...serverInfo, 'x-new': [1] }, capabilities: { 'x-new': {} } };
      const answer = client.received.next();
      await server.send({ jsonrpc: '2.0', id: 'init', result });
      expect(await answer).toEqual({ jsonrpc: '2.0', id: 'init', result });
    },
  },
  {
    id: 'pagination',
    item: 'lifecycle.lists',
    text: 'cursors are passed on as they are, and lists keep their order through all pages',
    era: 'both',
    cites: bothSpecs('server/utilities/pagination'),
    run: async ({ main }) => {
      const names: string[] = [];
      let params: Params = {};
      for (;;) {
        const page = await main.request('prompts/list', params);
        names.push(...(page['prompts'] as { name: string }[]).map(({ name }) => name));
        if (page['nextCursor'] === undefined) break;
        params = { cursor: page['nextCursor'] };
      }
      expect(names).toEqual(
        [0, 1, 2].flatMap((page) => ['ü', 'b', 'A', '\u{1f600}'].map((name) => `${name}${page}`)),
      );
    },
  },
  {
    id: 'cache-hints',
    item: 'lifecycle.lists',
    text: 'lists and resources keep their cache hints',
    era: 'modern',
    cites: [modernSpec('server/utilities/caching')],
    run: async ({ main }) => {
      const hints = { ttlMs: 12_345, cacheScope: 'public' };
      expect(await main.tap.request('hints 1', 'tools/list')).toMatchObject({ result: hints });
      expect(await main.tap.request('hints 2', 'resources/read', { uri: 'fixture://blob' })).toMatchObject({
        result: hints,
      });
    },
  },
  {
    id: 'completion',
    item: 'lifecycle.lists',
    text: 'a completion has its context',
    era: 'both',
    cites: bothSpecs('server/utilities/completion'),
    run: async ({ main }) => {
      const params = {
        ref: { type: 'ref/prompt', name: 'input' },
        argument: { name: 'ü', value: '\u{1f600}' },
        context: { arguments: { earlier: 'choice' } },
      };
      const { completion } = await main.request('completion/complete', params);
      const [value = ''] = (completion as { values: string[] }).values;
      expect(JSON.parse(value)).toMatchObject(params);
    },
  },
  {
    id: 'long-call',
    item: 'lifecycle.long-calls',
    text: 'a call with progress goes on while the relay is away twice: all progress in order, then the answer',
    era: 'both',
    cites: [legacySpec('basic/utilities/progress'), modernSpec('basic/patterns/progress')],
    ways: ['a relay that comes and goes'],
    run: async ({ main, ground: { world } }) => {
      const progress: number[] = [];
      let outage: Promise<unknown> | undefined;
      const onprogress = (report: { progress: number }): void => {
        progress.push(report.progress);
        if (report.progress === 5) outage = world?.restartRelay(0);
      };
      const result = await main.callTool('tick', { steps: 15, everyMs: 40 }, { onprogress });
      await outage;
      expect(textOf(result)).toBe('done');
      expect(progress).toEqual(Array.from({ length: 15 }, (_, i) => i + 1));
    },
  },
  {
    id: 'long-silence',
    item: 'lifecycle.long-calls',
    text: 'a call that is silent for minutes is not given up while its server can be heard',
    era: 'both',
    cites: [legacySpec('basic/lifecycle#timeouts'), modernSpec('basic/patterns/progress')],
    provenBy: [
      {
        file: 'packages/transport/src/link/link-quiet.test.ts',
        test: 'a client that waits for an answer asks every 15 s whether the server lives',
      },
      {
        file: 'packages/client/src/client-session-silent.test.ts',
        test: 'is asked every 15 s while a request waits, and at 30 s, growing, for a listener',
      },
    ],
  },
];
