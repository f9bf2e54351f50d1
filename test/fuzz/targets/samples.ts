import type { EventTemplate, JsonRpcMessage } from '@mcp-nostr/core';

/** The present of every case, in seconds. */
export const NOW = 1_800_000_000;

/** Who is written to. */
export const RECIPIENT_KEY = Uint8Array.from({ length: 32 }, () => 7);
/** Who writes. */
export const STRANGER_KEY = Uint8Array.from({ length: 32 }, () => 9);

export const CONNECTION = 'c'.repeat(32);
export const INSTANCE = '5'.repeat(16);
export const ID = 'e'.repeat(64);

/** JSON-RPC as a client writes it. */
export const clientMessages: readonly JsonRpcMessage[] = [
  {
    jsonrpc: '2.0',
    id: 0,
    method: 'initialize',
    params: {
      protocolVersion: '2025-11-25',
      capabilities: { sampling: {}, roots: { listChanged: true } },
      clientInfo: { name: 'fuzz', version: '1', title: 'Ü' },
    },
  },
  { jsonrpc: '2.0', method: 'notifications/initialized' },
  { jsonrpc: '2.0', id: 'list', method: 'tools/list', params: { cursor: 'next' } },
  {
    jsonrpc: '2.0',
    id: 7,
    method: 'tools/call',
    params: { name: 'echo', arguments: { message: 'hello' }, _meta: { progressToken: 7 } },
  },
  { jsonrpc: '2.0', id: 8, method: 'resources/read', params: { uri: 'file:///public/../a%2fb' } },
  { jsonrpc: '2.0', id: 9, method: 'prompts/get', params: { name: 'greet', arguments: { who: 'me' } } },
  {
    jsonrpc: '2.0',
    id: 10,
    method: 'completion/complete',
    params: { ref: { type: 'ref/prompt', name: 'greet' }, argument: { name: 'who', value: 'm' } },
  },
  { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 7, reason: 'enough' } },
  { jsonrpc: '2.0', id: 11, result: { roots: [] } },
  { jsonrpc: '2.0', id: 12, error: { code: -32_600, message: 'no', data: { code: 'busy' } } },
  {
    jsonrpc: '2.0',
    id: 13,
    method: 'subscriptions/listen',
    params: {
      notifications: { toolsListChanged: true, resourceSubscriptions: ['file:///a'] },
      _meta: {
        'io.modelcontextprotocol/protocolVersion': '2026-07-28',
        'io.modelcontextprotocol/clientInfo': { name: 'fuzz', version: '1' },
      },
    },
  },
];

/** JSON-RPC as a server writes it. */
export const serverMessages: readonly JsonRpcMessage[] = [
  {
    jsonrpc: '2.0',
    id: 0,
    result: {
      protocolVersion: '2025-11-25',
      capabilities: { tools: { listChanged: true } },
      serverInfo: { name: 'hostile', version: '1' },
    },
  },
  {
    jsonrpc: '2.0',
    id: 1,
    result: {
      tools: [
        { name: 'echo', description: 'says it', inputSchema: { type: 'object', properties: { a: {} } } },
        { name: 'other', title: 'Other', annotations: { readOnlyHint: true } },
      ],
      nextCursor: 'more',
      _meta: { 'io.modelcontextprotocol/subscriptionId': '13' },
    },
  },
  { jsonrpc: '2.0', id: 2, result: { content: [{ type: 'text', text: 'hello' }], isError: false } },
  { jsonrpc: '2.0', id: 3, error: { code: -31_009, message: 'later', data: { code: 'rate_limited' } } },
  { jsonrpc: '2.0', id: 'ask', method: 'sampling/createMessage', params: { messages: [], maxTokens: 1 } },
  {
    jsonrpc: '2.0',
    method: 'notifications/progress',
    params: { progressToken: 7, progress: 1, total: 2 },
  },
  { jsonrpc: '2.0', method: 'notifications/resources/updated', params: { uri: 'file:///a' } },
  { jsonrpc: '2.0', id: 4, result: { resources: [{ uri: 'file:///a', name: 'a' }], resourceTemplates: [] } },
];

type Said = Pick<EventTemplate, 'tags' | 'content'>;

/** Frames of either side: tags and content of the inner event. */
export function frames(recipient: string, messages: readonly JsonRpcMessage[], instance: string): Said[] {
  const link = (...rest: string[]): string[] => ['link', CONNECTION, ...rest];
  const frame = (content: string, ...tags: string[][]): Said => ({
    tags: [['p', recipient], ...tags],
    content,
  });
  const lines = messages.map((message) => JSON.stringify(message));
  return [
    ...lines.map((line, index) => frame(line, link(String(index), '0', instance))),
    frame(lines.join('\n'), link('1', '1', instance), ['for', '7', '', '"ask"'], ['e', ID]),
    frame('', link('', '1', instance, 'ack', '', '3-5,7,9-12')),
    frame('', link('', '0', instance, 'probe', 'a1b2c3')),
    frame('', link('2', '1', instance, 'bye', 'closed')),
    frame('', link('', '0', instance, 'reset', 'unknown')),
    frame('', link('', '0', instance, 'refuse', 'not_allowed')),
    frame(lines[0]?.slice(0, 40) ?? '', link('2', '1', instance), ['part', '0', '400', 'request', '7']),
    frame('the rest', link('3', '1', instance), ['part', '1', '48', 'response', '"ask"']),
    frame('', link('4', '1', instance), ['part', '0', '0', 'abort']),
  ];
}
