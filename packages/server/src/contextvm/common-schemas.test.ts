import type { JsonRpcMessage } from '@mcp-nostr/core';
import { COMMON_SCHEMA, schemaHash } from '@mcp-nostr/core/contextvm';
import { expect, it } from 'vitest';

import { withCommonSchemas } from './common-schemas.ts';
import { schemaClaims } from './schema-claims.ts';

const inputSchema = { type: 'object', properties: { text: { type: 'string', description: 'any' } } };
const echo = { name: 'echo', title: 'Echo', inputSchema, _meta: { 'vendor.example/x': 1 } };
const elsewhere = { name: 'elsewhere', inputSchema: { $ref: 'https://schema.example/x' } };

function list(tools: unknown[]): JsonRpcMessage {
  return { jsonrpc: '2.0', id: 1, result: { tools, nextCursor: 'c' } };
}

function errorsOf(): { errors: string[]; onerror: (error: Error) => void } {
  const errors: string[] = [];
  return { errors, onerror: ({ message }) => errors.push(message) };
}

it('tools of these names say in their list which schema they follow, and what they claim is so', () => {
  const { errors, onerror } = errorsOf();
  const other = { name: 'other', inputSchema };
  const marked = withCommonSchemas(list([echo, other, 'no tool']), new Set(['echo']), onerror);
  const hash = schemaHash({ name: 'echo', inputSchema });
  const tool = { ...echo, _meta: { 'vendor.example/x': 1, [COMMON_SCHEMA]: { schemaHash: hash } } };
  expect(marked).toEqual(list([tool, other, 'no tool']));
  expect(schemaClaims([tool, other], onerror)).toEqual([{ hash, tool: 'echo' }]);
  expect(errors).toEqual([]);
});

it('a claim that is not so is reported, and not announced', () => {
  const { errors, onerror } = errorsOf();
  const claim = (tool: object, hash: string): Record<string, unknown> => ({
    ...tool,
    _meta: { [COMMON_SCHEMA]: { schemaHash: hash } },
  });
  const [wrong, broken] = [claim(echo, 'a'.repeat(64)), claim(elsewhere, 'b'.repeat(64))];
  expect(schemaClaims([wrong, broken, claim(echo, 'no hash')], onerror)).toEqual([]);
  expect(errors).toEqual([
    expect.stringContaining('the tool echo claims the common schema aaaa'),
    'the schema of the tool elsewhere is no common one',
  ]);
});

it('what has no common schema stays as it is', () => {
  const { errors, onerror } = errorsOf();
  const names = new Set(['elsewhere']);
  expect(withCommonSchemas(list([elsewhere]), names, onerror)).toEqual(list([elsewhere]));
  expect(errors).toEqual(['the tool elsewhere follows no common schema']);
  const call: JsonRpcMessage = { jsonrpc: '2.0', id: 1, result: { content: [] } };
  expect(withCommonSchemas(call, names, onerror)).toBe(call);
});
