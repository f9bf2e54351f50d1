import { describe, expect, it } from 'vitest';

import { allLegs } from '../helpers/legs.ts';
import { sharedWorld } from '../helpers/world.ts';

describe.each(allLegs)('tools, $name', (leg) => {
  const world = sharedWorld(leg);

  it('lists the tools with their schemas', async () => {
    const { client } = await world.connect();
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name)).toEqual(expect.arrayContaining(['echo', 'fail', 'sum', 'who']));
    const echo = tools.find(({ name }) => name === 'echo');
    expect(echo?.inputSchema).toMatchObject({ properties: { text: { type: 'string' } }, required: ['text'] });
  });

  it('calls a tool and gives its answer', async () => {
    const { client } = await world.connect();
    const result = await client.callTool({ name: 'echo', arguments: { text: 'hello' } });
    expect(result).toEqual({ content: [{ type: 'text', text: 'hello' }] });
  });

  it('gives structured output as it is', async () => {
    const { client } = await world.connect();
    await client.listTools(); // the client checks the output against the schema that it has seen
    const values = [1.5, -2, 1e21, 0.1, Number.MAX_SAFE_INTEGER];
    const result = await client.callTool({ name: 'sum', arguments: { values } });
    expect(result.structuredContent).toEqual({
      sum: values.reduce((a, b) => a + b, 0),
      values,
      empty: null,
    });
  });

  it('reports a tool that throws as a result with isError', async () => {
    const { client } = await world.connect();
    const result = await client.callTool({ name: 'fail' });
    expect(result).toMatchObject({
      isError: true,
      content: [{ type: 'text', text: 'the tool failed on purpose' }],
    });
  });

  it('reports a tool that does not exist, and arguments that do not fit', async () => {
    const { client } = await world.connect();
    expect(await client.callTool({ name: 'nothing' })).toMatchObject({
      isError: true,
      content: [{ text: expect.stringContaining('nothing') }],
    });
    expect(await client.callTool({ name: 'echo', arguments: { text: 1 } })).toMatchObject({
      isError: true,
      content: [{ text: expect.stringContaining('text') }],
    });
  });
});
