import {
  CreateMessageRequestSchema,
  ElicitRequestSchema,
  ListRootsRequestSchema,
  RootsListChangedNotificationSchema,
} from '@modelcontextprotocol/sdk/types.js';
import { describe, expect, it } from 'vitest';

import { allLegs } from '../helpers/legs.ts';
import { Recorder } from '../helpers/recorder.ts';
import { unexplained } from '../helpers/unexplained.ts';
import { sharedWorld } from '../helpers/world.ts';

const root = { uri: 'file:///projects/wörk', name: 'work' };

describe.each(allLegs)('requests of the server, $name', (leg) => {
  const world = sharedWorld(leg);

  it('asks the model from within a tool call, with progress meanwhile', async () => {
    const { client, errors } = await world.connect({
      capabilities: { sampling: {} },
      prepare: (each) =>
        each.setRequestHandler(CreateMessageRequestSchema, ({ params }) => ({
          model: 'test-model',
          role: 'assistant',
          content: { type: 'text', text: `answer to ${JSON.stringify(params.messages[0]?.content)}` },
        })),
    });
    const seen: number[] = [];
    const result = await client.callTool({ name: 'ask-model', arguments: { prompt: 'why?' } }, undefined, {
      onprogress: ({ progress }) => seen.push(progress),
    });
    expect(JSON.stringify(result.content)).toContain('why?');
    expect(seen).toEqual([1, 2]);
    expect(unexplained(leg, errors.items)).toEqual([]);
  });

  it('asks the user from within a tool call', async () => {
    const { client } = await world.connect({
      capabilities: { elicitation: { form: {} } },
      prepare: (each) =>
        each.setRequestHandler(ElicitRequestSchema, ({ params }) => ({
          action: 'accept',
          content: { name: params.message, colour: 'green' },
        })),
    });
    const result = await client.callTool({ name: 'ask-user', arguments: { question: 'Who?' } });
    expect(result.content).toEqual([
      {
        type: 'text',
        text: JSON.stringify({ action: 'accept', content: { name: 'Who?', colour: 'green' } }),
      },
    ]);
  });

  it('lists the roots of the client, and hears that they changed', async () => {
    const changes = new Recorder<string>('a change of the roots');
    const { client } = await world.connect({
      capabilities: { roots: { listChanged: true } },
      prepare: (each) => each.setRequestHandler(ListRootsRequestSchema, () => ({ roots: [root] })),
    });
    const { server } = world.fixture.newest;
    server.server.setNotificationHandler(RootsListChangedNotificationSchema, () => changes.add('changed'));
    await client.sendRootsListChanged();
    await changes.first();
    expect(await client.callTool({ name: 'ask-roots' })).toMatchObject({
      content: [{ text: JSON.stringify([root]) }],
    });
    expect(await server.server.listRoots()).toEqual({ roots: [root] }); // outside any request
  });

  it('keeps several requests of the server apart while they are under way together', async () => {
    const { client } = await world.connect({
      capabilities: { elicitation: { form: {} } },
      prepare: (each) =>
        each.setRequestHandler(ElicitRequestSchema, ({ params }) => ({
          action: 'accept',
          content: { name: params.message },
        })),
    });
    const questions = Array.from({ length: 8 }, (_, index) => `question ${index}`);
    const results = await Promise.all(
      questions.map((question) => client.callTool({ name: 'ask-user', arguments: { question } })),
    );
    expect(results.map(({ content }) => JSON.stringify(content).match(/question \d/)?.[0])).toEqual(
      questions,
    );
  });

  it('hears from a client that does not support what it asks for', async () => {
    const { client } = await world.connect();
    expect(await client.callTool({ name: 'ask-model', arguments: { prompt: 'why?' } })).toMatchObject({
      isError: true,
      content: [{ text: expect.stringContaining('-32601') }],
    });
  });

  it('fails or answers what a tool asks when it has returned, and leaves it not hanging', async () => {
    const { client } = await world.connect();
    const outcome = world.fixture.lateRequests.next();
    await client.callTool({ name: 'ask-late' });
    expect(await outcome).not.toContain('timed out');
  });

  it('answers pings in both directions', async () => {
    const { client } = await world.connect();
    expect(await client.ping()).toEqual({});
    expect(await world.fixture.newest.server.server.ping()).toEqual({});
  });
});
