import { describe, expect, it } from 'vitest';

import { mirroredArguments } from '../../mirrored-arguments.ts';
import { argumentHeaders, ToolHeaders } from './tool-headers.ts';

const object = (properties: object): object => ({ type: 'object', properties });
const marked = (name: unknown, type = 'string'): object => ({ type, 'x-mcp-header': name });

describe('the arguments that a schema wants in headers', () => {
  it('are found at any depth of properties', () => {
    const schema = object({
      a: marked('A'),
      b: object({ c: marked('C', 'integer') }),
      properties: marked('P'),
    });
    expect(mirroredArguments(schema)).toEqual([
      { path: ['a'], name: 'A' },
      { path: ['b', 'c'], name: 'C' },
      { path: ['properties'], name: 'P' },
    ]);
    expect(mirroredArguments(object({ a: { type: 'string', default: marked('A') } }))).toEqual([]);
  });

  it.each([
    ['an empty name', object({ a: marked('') })],
    ['no string', object({ a: marked(1) })],
    ['no token', object({ a: marked('A\r\nB') })],
    ['a number', object({ a: marked('A', 'number') })],
    ['an object', object({ a: { ...object({}), 'x-mcp-header': 'A' } })],
    ['no type', object({ a: { 'x-mcp-header': 'A' } })],
    ['the same name twice', object({ a: marked('A'), b: marked('a') })],
    ['items', object({ a: { type: 'array', items: marked('A') } })],
    ['a branch', { type: 'object', anyOf: [object({ a: marked('A') })] }],
    ['a definition', { type: 'object', $defs: { d: marked('A') } }],
    ['the root', marked('A')],
  ])('make the tool invalid with %s', (_what, schema) => {
    expect(() => mirroredArguments(schema)).toThrow(RangeError);
  });
});

describe('the headers of a call', () => {
  const values = (value: unknown): string | undefined =>
    argumentHeaders([{ path: ['a'], name: 'A' }], { a: value })['Mcp-Param-A'];

  // The table of the specification, "Value Encoding".
  it.each([
    ['us-west1', 'us-west1'],
    ['Hello, 世界', '=?base64?SGVsbG8sIOS4lueVjA==?='],
    [' padded ', '=?base64?IHBhZGRlZCA=?='],
    ['line1\nline2', '=?base64?bGluZTEKbGluZTI=?='],
    ['=?base64?literal?=', '=?base64?PT9iYXNlNjQ/bGl0ZXJhbD89?='],
    ['', '=?base64??='],
    [42, '42'],
    [true, 'true'],
  ])('carry %j as %s', (value, header) => {
    expect(values(value)).toBe(header);
  });

  it.each([[undefined], [null], [2 ** 60], [{}], [['x']]])('leave %j to the body', (value) => {
    expect(values(value)).toBeUndefined();
  });

  it('take nothing from prototypes', () => {
    expect(argumentHeaders([{ path: ['constructor', 'name'], name: 'A' }], {})).toEqual({});
  });
});

describe('the tools of a server', () => {
  it('are passed on without the invalid ones, and the operator hears of those', () => {
    const lines: string[] = [];
    const tools = new ToolHeaders((line) => lines.push(line));
    const good = { name: 'good', inputSchema: object({ a: marked('A') }) };
    const bad = { name: 'bad', inputSchema: object({ a: marked('') }) };
    const clean = { tools: [good], ttlMs: 1 };
    expect(tools.learn(clean)).toBe(clean);
    expect(tools.learn({ tools: [good, bad], ttlMs: 1 })).toEqual(clean);
    expect(lines).toEqual([expect.stringMatching(/bad is left out/)]);
    const call = {
      jsonrpc: '2.0' as const,
      id: 1,
      method: 'tools/call',
      params: { name: 'good', arguments: { a: 'x' } },
    };
    expect([tools.isKnown(call), tools.of(call)]).toEqual([true, { 'Mcp-Param-A': 'x' }]);
    tools.forget();
    expect([tools.isKnown(call), tools.of(call)]).toEqual([false, {}]);
  });
});
