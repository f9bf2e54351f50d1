import { expect } from 'vitest';

import { bothSpecs, JSON_RPC, legacySpec, modernSpec, RFC_8259 } from '../citations.ts';
import { textOf } from '../client/party.ts';
import type { Requirement } from '../requirement.ts';

const texts: readonly string[] = [
  'astral \u{1f600}\u{10ffff}\u{20000}',
  'separators a\u2028b\u2029c\u0085d',
  'controls \u0000\u0001\u001f\u007f',
  '\ufeffa byte order mark\ufeff',
  'lone \ud83d, \ude00, turned \ude00\ud83d',
  'lines a\nb\r\nc\rd\n\n',
  'escapes "\\\\" \\u0041 </script> \\n',
  '',
  'not normalised e\u0301 \u00e9 \u1100\u1161',
  '\u20ac'.repeat(30_000),
  '\n'.repeat(12_000),
];

/** JSON of every kind; no number that JavaScript itself could not keep. */
const anyJson = {
  float: 0.1,
  small: 5e-324,
  huge: 1e21,
  safe: -9_007_199_254_740_991,
  beyond: '9007199254740993',
  nothing: null,
  list: [[], {}, '', false, [null, { '': [1.5] }]],
  'ключ "\\\u2028': { deep: { deeper: [true] } },
};

const ids = [0, -1, 9_007_199_254_740_991, '0', '', '"\\\n\u2028\u{1f600}', 'x'.repeat(256)];

export const framing: readonly Requirement[] = [
  {
    id: 'text-unchanged',
    item: 'framing.text',
    text: 'any text comes through unchanged, there and back',
    era: 'both',
    cites: [RFC_8259, modernSpec('basic/transports'), legacySpec('basic/transports')],
    run: async ({ main }) => {
      const answers = await Promise.all(texts.map((text) => main.callTool('echo', { text })));
      expect(answers.map(textOf)).toEqual(texts);
    },
  },
  {
    id: 'ids-echoed',
    item: 'framing.ids',
    text: 'an id is echoed with its value and its type, several of them at once',
    era: 'both',
    cites: [JSON_RPC, ...bothSpecs('basic#requests')],
    run: async ({ main }) => {
      const answers = await Promise.all(
        ids.map((id) => main.tap.callTool(id, 'echo', { text: `for ${id}` })),
      );
      expect(answers).toMatchObject(ids.map((id) => ({ id, result: { content: [{ text: `for ${id}` }] } })));
    },
  },
  {
    id: 'ids-of-connections',
    item: 'framing.shared-ids',
    text: 'one id is in use in two connections of a key and in one of another key, each with its own answer',
    era: 'both',
    cites: bothSpecs('basic#requests'),
    run: async (stage) => {
      const { service, main } = stage;
      const parties = [main, await stage.connect({ key: main.key }), await stage.connect()];
      const names = parties.map(() => stage.name('shared'));
      const calls = parties.map(({ tap }, i) => tap.callTool(77, 'wait', { name: names[i] }));
      for (const name of names) await service.started.first((each) => each === name);
      for (const name of names.toReversed()) service.release(name);
      expect(await Promise.all(calls)).toMatchObject(
        names.map((name) => ({ id: 77, result: { content: [{ text: `waited for ${name}` }] } })),
      );
    },
  },
  {
    id: 'meta-unchanged',
    item: 'framing.unknown-keys',
    text: 'unknown keys in _meta come through both ways',
    era: 'both',
    cites: bothSpecs('basic#meta'),
    run: async ({ main }) => {
      const meta = { traceparent: '00-abc-def-01', 'vendor.example/x': { list: [1, null, 'ü'] } };
      const answer = await main.tap.callTool('meta', 'meta', {}, meta);
      expect(answer).toMatchObject({
        result: { _meta: { got: meta, 'vendor.example/key': { deep: [1, null, 'ü'] } } },
      });
    },
  },
  {
    id: 'unknown-members',
    item: 'framing.unknown-keys',
    text: 'members that no specification names come through in params, result, error and at the top',
    era: 'both',
    cites: [JSON_RPC, ...bothSpecs('basic#messages')],
    runBare: async (bare) => {
      const { client, server } = await bare.connect();
      const extra = { 'x-top': [1, { deep: null }] };
      const request = {
        jsonrpc: '2.0',
        id: 1,
        method: 'tools/list',
        params: { 'x-in': 1 },
        ...extra,
      } as const;
      const result = { jsonrpc: '2.0', id: 1, result: { 'x-in': 'ü' }, ...extra } as const;
      await client.send(request);
      expect(
        await server.received.first((message) => 'method' in message && message.method === 'tools/list'),
      ).toEqual(request);
      await server.send(result);
      expect(await client.received.first((message) => 'result' in message && message.id === 1)).toEqual(
        result,
      );
    },
  },
  {
    id: 'json-unchanged',
    item: 'framing.json',
    text: 'structured content with every kind of JSON value comes through unchanged',
    era: 'both',
    cites: [RFC_8259, ...bothSpecs('server/tools#structured-content')],
    run: async ({ main }) => {
      const { structuredContent } = await main.callTool('structured', { value: anyJson });
      expect(structuredContent).toStrictEqual(anyJson);
    },
  },
  {
    id: 'any-structured-content',
    item: 'framing.json',
    text: 'structured content may be a list, a text, a number, false or null',
    era: 'modern',
    cites: [modernSpec('server/tools#structured-content')],
    run: async ({ main }) => {
      for (const value of [[1, [2]], 'text', 1.5, false, null]) {
        expect(await main.callTool('structured', { value })).toMatchObject({ structuredContent: value });
      }
    },
  },
  {
    id: 'schemas-unchanged',
    item: 'framing.json',
    text: 'a tool keeps $schema, $defs, $ref and whatever else is in its schema',
    era: 'both',
    cites: [modernSpec('basic#json-schema-usage'), legacySpec('basic#json-schema-usage')],
    run: async ({ main }) => {
      const { tools } = await main.request('tools/list');
      expect(tools).toMatchObject([
        {
          name: 'echo',
          title: 'Echo \u{1f600}',
          inputSchema: {
            $schema: 'https://json-schema.org/draft/2020-12/schema',
            $defs: { node: { properties: { next: { $ref: '#/$defs/node' }, ключ: { const: 1e21 } } } },
            properties: { root: { $ref: '#/$defs/node' } },
          },
          _meta: { 'vendor.example/x': [null] },
        },
        ...Array.from({ length: (tools as unknown[]).length - 1 }, () => ({})),
      ]);
    },
  },
  {
    id: 'params-as-they-are',
    item: 'framing.params',
    text: 'empty parameters stay empty, and none stay none',
    era: 'both',
    cites: [JSON_RPC, ...bothSpecs('basic#messages')],
    runBare: async (bare) => {
      const { client, server } = await bare.connect();
      const messages = [
        { jsonrpc: '2.0', method: 'notifications/x/none' },
        { jsonrpc: '2.0', method: 'notifications/x/empty', params: {} },
        { jsonrpc: '2.0', id: 'none', method: 'x/none' },
        { jsonrpc: '2.0', id: 'empty', method: 'x/empty', params: {} },
      ] as const;
      for (const message of messages) await client.send(message);
      expect((await server.received.reached(1 + messages.length)).slice(1)).toStrictEqual(messages);
    },
  },
  {
    id: 'error-data',
    item: 'framing.params',
    text: 'an error keeps its code, its message and its data',
    era: 'both',
    cites: [JSON_RPC, ...bothSpecs('basic#responses')],
    run: async ({ main }) => {
      const answer = await main.tap.request('refused', 'prompts/get', { name: 'refuse' });
      expect(answer).toMatchObject({
        id: 'refused',
        error: { code: -32_602, data: { reason: 'on purpose', list: [1, null, { deep: 'ü' }] } },
      });
      expect(answer).toHaveProperty('error.message', expect.stringContaining('refused'));
    },
  },
  {
    id: 'error-without-id',
    item: 'framing.params',
    text: 'an error without an id comes through',
    era: 'both',
    cites: [JSON_RPC, modernSpec('basic#error-responses'), legacySpec('basic#responses')],
    runBare: async (bare) => {
      const { client, server } = await bare.connect();
      const error = { jsonrpc: '2.0', error: { code: -32_700, message: 'unreadable', data: [1] } } as const;
      await server.send(error);
      expect(await client.received.first((message) => 'error' in message)).toEqual(error);
    },
  },
  {
    id: 'garbage-refused',
    item: 'framing.garbage',
    text: 'malformed JSON, batches, what is no object and a wrong jsonrpc are answered with an error',
    era: 'both',
    cites: [JSON_RPC, ...bothSpecs('basic#messages')],
    provenBy: [
      { file: 'test/e2e/hostile.test.ts', test: 'answers an opening with %s by an error, and goes on' },
      {
        file: 'test/e2e/hostile-strangers.test.ts',
        test: 'keeps a connection whose client sends something malformed',
      },
      { file: 'packages/core/src/json-rpc.test.ts', test: 'refuses %j' },
    ],
  },
];
