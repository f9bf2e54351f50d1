import {
  PromptListChangedNotificationSchema,
  ResourceListChangedNotificationSchema,
  ToolListChangedNotificationSchema,
} from '@modelcontextprotocol/sdk/types.js';
import { describe, expect, it } from 'vitest';

import { allLegs } from '../helpers/legs.ts';
import { Recorder } from '../helpers/recorder.ts';
import { sharedWorld } from '../helpers/world.ts';

describe.each(allLegs)('list_changed, $name', (leg) => {
  const world = sharedWorld(leg);

  it('tells the client of new tools, prompts and resources, unasked', async () => {
    const changes = new Recorder<string>('a list_changed notification');
    const { client } = await world.connect({
      prepare: (each) => {
        each.setNotificationHandler(ToolListChangedNotificationSchema, () => changes.add('tools'));
        each.setNotificationHandler(PromptListChangedNotificationSchema, () => changes.add('prompts'));
        each.setNotificationHandler(ResourceListChangedNotificationSchema, () => changes.add('resources'));
      },
    });
    const { server } = world.fixture.newest;

    const tool = server.registerTool('new-tool', { description: 'new' }, () => ({ content: [] }));
    await changes.first((each) => each === 'tools');
    expect((await client.listTools()).tools.map(({ name }) => name)).toContain('new-tool');

    server.registerPrompt('new-prompt', { description: 'new' }, () => ({ messages: [] }));
    await changes.first((each) => each === 'prompts');
    expect((await client.listPrompts()).prompts.map(({ name }) => name)).toContain('new-prompt');

    server.registerResource('new', 'fixture://new', {}, () => ({ contents: [] }));
    await changes.first((each) => each === 'resources');
    expect((await client.listResources()).resources.map(({ uri }) => uri)).toContain('fixture://new');

    const removed = changes.next((each) => each === 'tools');
    tool.remove();
    await removed;
    expect((await client.listTools()).tools.map(({ name }) => name)).not.toContain('new-tool');
  });

  it('does not tell other connections of what changed on one', async () => {
    const changes = new Recorder<string>('a list_changed notification');
    const { client: bystander } = await world.connect({
      prepare: (each) =>
        each.setNotificationHandler(ToolListChangedNotificationSchema, () => changes.add('tools')),
    });
    const { client } = await world.connect();
    world.fixture.newest.server.registerTool('other', { description: 'new' }, () => ({ content: [] }));
    await client.ping();
    await bystander.ping();
    expect(changes.items).toEqual([]);
  });
});
