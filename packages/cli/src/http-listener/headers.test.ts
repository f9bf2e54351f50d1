import type { JsonRpcRequest } from '@mcp-nostr/core';
import { describe, expect, it } from 'vitest';

import { ParamHeaders } from './param-headers.ts';
import { standardHeaderMismatch } from './standard-headers.ts';

const version = { 'MCP-Protocol-Version': '2026-07-28' };
const request = (method: string, params: Record<string, unknown>): JsonRpcRequest => ({
  jsonrpc: '2.0',
  id: 1,
  method,
  params,
});
const base64 = (text: string): string => `=?base64?${Buffer.from(text).toString('base64')}?=`;

describe('the standard headers', () => {
  const call = request('tools/call', { name: 'wörk' });
  const check = (headers: Record<string, string>, of: JsonRpcRequest = call): string | undefined =>
    standardHeaderMismatch(new Headers(headers), of)?.body;

  it('are all required, each by its name', () => {
    expect(check({})).toContain('MCP-Protocol-Version');
    expect(check(version)).toContain('Mcp-Method');
    expect(check({ ...version, 'Mcp-Method': 'tools/call' })).toContain('Mcp-Name');
  });

  it.each([
    ['tools/call', 'name'],
    ['prompts/get', 'name'],
    ['resources/read', 'uri'],
    ['tasks/get', 'taskId'],
  ])('repeat in Mcp-Name what %s names', (method, field) => {
    const of = request(method, { [field]: 'a b' });
    const headers = { ...version, 'Mcp-Method': method };
    expect(check({ ...headers, 'Mcp-Name': ' a b ' }, of)).toBeUndefined();
    expect(check({ ...headers, 'Mcp-Name': 'other' }, of)).toContain(`params.${field}`);
  });

  it('are decoded where a header cannot carry the text, and refused where that is broken', () => {
    const headers = { ...version, 'Mcp-Method': 'tools/call' };
    expect(check({ ...headers, 'Mcp-Name': base64('wörk') })).toBeUndefined();
    expect(check({ ...headers, 'Mcp-Name': base64('work') })).toContain('says "work"');
    for (const broken of ['=?base64?d8O2cms?=', '=?base64?w!?=', '=?base64?/w==?='])
      expect(check({ ...headers, 'Mcp-Name': broken })).toContain('Base64');
  });

  it('leave other methods, and names that are none, to who checks the params', () => {
    const headers = { ...version, 'Mcp-Method': 'x' };
    expect(check(headers, request('tools/list', { name: 'a' }))).toBeUndefined();
    expect(check(headers, request('tools/call', { name: 1.5 }))).toBeUndefined();
    expect(check(headers, request('tools/call', {}))).toBeUndefined();
    expect(check(headers, request('constructor', { name: 'a' }))).toBeUndefined();
  });
});

describe('the headers of arguments', () => {
  const inputSchema = {
    type: 'object',
    properties: {
      region: { type: 'string', 'x-mcp-header': 'Region' },
      deep: { type: 'object', properties: { count: { type: 'integer', 'x-mcp-header': 'Count' } } },
    },
  };
  const unreachable = { properties: { list: { items: { type: 'string', 'x-mcp-header': 'Never' } } } };
  const misnamed = { properties: { bad: { type: 'string', 'x-mcp-header': 'no token' } } };
  const known = new ParamHeaders();
  known.learn({
    tools: [
      { name: 'place', inputSchema },
      { name: 'plain', inputSchema: {} },
      { name: 'unreachable', inputSchema: unreachable },
      { name: 'misnamed', inputSchema: misnamed },
      5,
    ],
  });
  const check = (
    args: Record<string, unknown>,
    headers: Record<string, string>,
    name = 'place',
  ): string | undefined =>
    known.mismatch(new Headers(headers), request('tools/call', { name, arguments: args }))?.body;

  it('must be there when the argument is, at any depth, and say the same', () => {
    expect(check({ region: 'eu' }, {})).toContain('Mcp-Param-Region');
    expect(check({ region: 'eu' }, { 'mcp-param-region': 'eu' })).toBeUndefined();
    expect(check({ region: 'eu' }, { 'Mcp-Param-Region': 'us' })).toContain('arguments.region is "eu"');
    expect(check({ deep: { count: 42 } }, {})).toContain('Mcp-Param-Count');
    expect(check({ deep: { count: 42 } }, { 'Mcp-Param-Count': '42.0' })).toBeUndefined();
    expect(check({ deep: { count: 42 } }, { 'Mcp-Param-Count': '0x2a' })).toContain('42');
  });

  it('are not asked for without the argument, of faulty tools, or of others', () => {
    for (const args of [{}, { region: null }, { region: {} }]) expect(check(args, {})).toBeUndefined();
    expect(check({ list: ['x'] }, {}, 'unreachable')).toBeUndefined();
    expect(check({ bad: 'x' }, {}, 'misnamed')).toBeUndefined();
    expect(check({ region: 'eu' }, {}, 'plain')).toBeUndefined();
    expect(check({ region: 'eu' }, {}, 'unheard')).toBeUndefined();
  });

  it('are forgotten when the tool declares them no more', () => {
    const tools = new ParamHeaders();
    const call = request('tools/call', { name: 'place', arguments: { region: 'eu' } });
    tools.learn({ tools: [{ name: 'place', inputSchema }] });
    expect(tools.mismatch(new Headers(), call)).toBeDefined();
    tools.learn({ tools: [{ name: 'place', inputSchema: {} }] });
    expect(tools.mismatch(new Headers(), call)).toBeUndefined();
  });
});
