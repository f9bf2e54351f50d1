import { describe, expect, it } from 'vitest';

import { allLegs } from '../helpers/legs.ts';
import { sharedWorld } from '../helpers/world.ts';

describe.each(allLegs)('prompts and completion, $name', (leg) => {
  const world = sharedWorld(leg);

  it('lists prompts with their arguments', async () => {
    const { client } = await world.connect();
    const { prompts } = await client.listPrompts();
    expect(prompts.map(({ name }) => name)).toEqual(['greeting', 'refuse']);
    expect(prompts[0]?.arguments).toMatchObject([{ name: 'name', required: true }]);
  });

  it('gets a prompt with arguments', async () => {
    const { client } = await world.connect();
    expect(await client.getPrompt({ name: 'greeting', arguments: { name: 'Ada' } })).toMatchObject({
      messages: [{ role: 'user', content: { type: 'text', text: 'Greet Ada' } }],
    });
  });

  it('passes on the code and data of an error unchanged', async () => {
    const { client } = await world.connect();
    await expect(client.getPrompt({ name: 'refuse' })).rejects.toMatchObject({
      code: -32_050,
      message: expect.stringContaining('refused'),
      data: { reason: 'on purpose', list: [1, null, { deep: 'ü' }] },
    });
    await expect(client.getPrompt({ name: 'nothing' })).rejects.toMatchObject({ code: -32_602 });
  });

  it('completes arguments of prompts and of resource templates', async () => {
    const { client } = await world.connect();
    const prompt = await client.complete({
      ref: { type: 'ref/prompt', name: 'greeting' },
      argument: { name: 'name', value: 'A' },
    });
    expect(prompt.completion.values).toEqual(['Ada', 'Alan']);
    const template = await client.complete({
      ref: { type: 'ref/resource', uri: 'fixture://item/{id}' },
      argument: { name: 'id', value: 'alpha' },
    });
    expect(template.completion.values).toEqual(['alpha', 'alphabet']);
  });
});
