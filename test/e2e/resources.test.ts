import { ResourceUpdatedNotificationSchema } from '@modelcontextprotocol/sdk/types.js';
import { describe, expect, it } from 'vitest';

import { allLegs } from '../helpers/legs.ts';
import { Recorder } from '../helpers/recorder.ts';
import { sharedWorld } from '../helpers/world.ts';

describe.each(allLegs)('resources, $name', (leg) => {
  const world = sharedWorld(leg);

  it('lists resources and templates', async () => {
    const { client } = await world.connect();
    const { resources } = await client.listResources();
    expect(resources.map(({ uri }) => uri)).toEqual(['fixture://text', 'fixture://blob']);
    const { resourceTemplates } = await client.listResourceTemplates();
    expect(resourceTemplates).toMatchObject([{ uriTemplate: 'fixture://item/{id}', title: 'An item' }]);
  });

  it('reads text, binary data and a resource of a template', async () => {
    const { client } = await world.connect();
    expect(await client.readResource({ uri: 'fixture://text' })).toEqual({
      contents: [{ uri: 'fixture://text', mimeType: 'text/plain', text: 'plain text' }],
    });
    const { contents } = await client.readResource({ uri: 'fixture://blob' });
    expect(contents).toEqual([{ uri: 'fixture://blob', blob: 'AP+ACg==' }]);
    expect(await client.readResource({ uri: 'fixture://item/7' })).toMatchObject({
      contents: [{ text: 'item 7' }],
    });
  });

  it('answers an unknown resource with the error of the server', async () => {
    const { client } = await world.connect();
    await expect(client.readResource({ uri: 'fixture://nothing' })).rejects.toMatchObject({ code: -32_602 });
  });

  it('tells subscribers of an update until they unsubscribe', async () => {
    const updates = new Recorder<string>('an update of a resource');
    const { client } = await world.connect({
      prepare: (each) =>
        each.setNotificationHandler(ResourceUpdatedNotificationSchema, ({ params }) =>
          updates.add(params.uri),
        ),
    });
    const { server, subscriptions } = world.fixture.newest;
    const update = async (uri: string): Promise<void> => {
      if (subscriptions.has(uri)) await server.server.sendResourceUpdated({ uri });
    };
    await client.subscribeResource({ uri: 'fixture://text' });
    await update('fixture://text');
    expect(await updates.first()).toBe('fixture://text');
    await client.unsubscribeResource({ uri: 'fixture://text' });
    await update('fixture://text');
    await client.ping(); // what was sent before has arrived before
    expect(updates.items).toEqual(['fixture://text']);
  });
});
