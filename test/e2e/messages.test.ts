import { describe, expect, it } from 'vitest';

import { allLegs } from '../helpers/legs.ts';
import { RawClient } from '../helpers/raw-client.ts';
import { sharedWorld } from '../helpers/world.ts';

const texts: [string, string][] = [
  ['astral characters', '\u{1f600}\u{10ffff}\u{20000}'],
  ['line and paragraph separators', 'a\u2028b\u2029c\u0085d'],
  ['NUL and control characters', '\u0000\u0001\u001f\u007f'],
  ['a byte order mark', '\ufeffafter the mark\ufeff'],
  ['lone surrogates', 'high \ud83d, low \ude00, turned \ude00\ud83d'],
  ['newlines', 'a\nb\r\nc\rd\n\n'],
  ['quotes and escapes', '"\\\\" \\u0041 </script> \\n'],
  ['an empty string', ''],
  ['combining characters, not normalised', 'e\u0301 \u00e9 \u1100\u1161'],
  ['30,000 characters', 'x'.repeat(30_000)],
  ['10,000 characters of three bytes', '\u20ac'.repeat(10_000)],
  ['7,000 astral characters', '\u{1f600}'.repeat(7_000)],
  ['12,000 newlines', '\n'.repeat(12_000)],
];

describe.each(allLegs)('messages, $name', (leg) => {
  const world = sharedWorld(leg);

  it('carries any text there and back unchanged', async () => {
    const { client } = await world.connect();
    for (const [what, text] of texts) {
      const result = await client.callTool({ name: 'echo', arguments: { text } });
      expect({ what, result }).toEqual({ what, result: { content: [{ type: 'text', text }] } });
    }
  });

  it.each([[0], [-1], [9_007_199_254_740_991], ['0'], [''], ['"\\\n\u2028\u{1f600}'], ['x'.repeat(256)]])(
    'echoes the id %j with its type',
    async (id) => {
      const raw = await new RawClient(world.transport()).open('handshake');
      expect(await raw.callTool(id, 'echo', { text: 'hello' })).toEqual({
        jsonrpc: '2.0',
        id,
        result: { content: [{ type: 'text', text: 'hello' }] },
      });
    },
  );

  it('keeps the same id as a number and as a string apart', async () => {
    const raw = await new RawClient(world.transport()).open();
    const [number, string] = await Promise.all([
      raw.callTool(7, 'delay', { ms: 5, text: 'number' }),
      raw.callTool('7', 'echo', { text: 'string' }),
    ]);
    expect(number).toMatchObject({ id: 7, result: { content: [{ text: 'number' }] } });
    expect(string).toMatchObject({ id: '7', result: { content: [{ text: 'string' }] } });
  });

  it('executes a request whose id is still in use not at all', async () => {
    const raw = await new RawClient(world.transport()).open();
    const { fixture, served } = world;
    const reported = served.errors.next(({ message }) => message.includes('came twice'));
    const started = fixture.started.next((name) => name === `twice, ${leg.name}`);
    const params = { name: 'wait', arguments: { name: `twice, ${leg.name}` } };
    const response = raw.response(9);
    await raw.send({ jsonrpc: '2.0', id: 9, method: 'tools/call', params });
    await started;
    const again = { name: 'count', arguments: { key: 'twice' } };
    await raw.send({ jsonrpc: '2.0', id: 9, method: 'tools/call', params: again });
    await reported;
    fixture.release(`twice, ${leg.name}`);
    expect(await response).toMatchObject({
      result: { content: [{ text: `waited for twice, ${leg.name}` }] },
    });
    expect(fixture.executions.get('twice')).toBeUndefined();
  });

  it('carries unknown _meta keys both ways', async () => {
    const raw = await new RawClient(world.transport()).open();
    const meta = { traceparent: '00-abc-def-01', 'vendor.example/x': { list: [1, null, 'ü'] } };
    expect(await raw.callTool(1, 'meta', {}, meta)).toMatchObject({
      result: { _meta: { got: meta, 'vendor.example/key': { deep: [1, null, 'ü'] } } },
    });
  });

  it('answers an unknown method with the error of the server', async () => {
    const raw = await new RawClient(world.transport()).open();
    expect(await raw.request(1, 'nothing/here')).toEqual({
      jsonrpc: '2.0',
      id: 1,
      error: { code: -32_601, message: 'Method not found' },
    });
  });

  it('shows name, title, version, instructions and capabilities of the server as they are', async () => {
    const { client } = await world.connect();
    expect(client.getServerVersion()).toEqual({ name: 'fixture', title: 'Fixture Å', version: '1.2.3' });
    expect(client.getInstructions()).toBe('Call the tools.\nThey are harmless \u{1f600}.');
    expect(client.getServerCapabilities()).toMatchObject({
      logging: {},
      resources: { subscribe: true, listChanged: true },
      tools: { listChanged: true },
      prompts: { listChanged: true },
      completions: {},
    });
    expect(world.fixture.newest.server.server.getClientVersion()).toEqual({
      name: 'test-client',
      version: '3.2.1',
    });
  });
});
