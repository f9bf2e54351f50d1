import type { Client } from '@modelcontextprotocol/client';
import { serveStdio } from '@modelcontextprotocol/server/stdio';
import { describe, expect, it } from 'vitest';

import { ask, connect2, type Mode, rawClient } from '../helpers/eras.ts';
import { Fixture2 } from '../helpers/fixture-server-2.ts';
import { legs } from '../helpers/legs.ts';
import { newSigner, withWorld, World } from '../helpers/world.ts';

const elicitation = { capabilities: { elicitation: { form: {} } } };

/** Answers the server's questions, and notes them. */
function answering(client: Client, questions: string[]): void {
  client.setRequestHandler('elicitation/create', ({ params }) => {
    questions.push(params.message);
    const content = params.message.includes('colour') ? { colour: 'red' } : { name: 'Ada' };
    return { action: 'accept', content };
  });
}

const accepted = (content: Record<string, unknown>) => ({ action: 'accept', content });
const interview = { name: 'interview', arguments: {} };

describe.concurrent.each(legs.slice(0, 1))('a tool that needs something of the user, $name', (leg) => {
  // In the old era the SDK's server asks while the call is under way; the tool is the same.
  it.each<Mode>(['auto', 'legacy'])('asks in as many rounds as it takes, %s', (mode) =>
    withWorld(new World(leg), async (world) => {
      const fixture = new Fixture2();
      const { server } = await world.serve(fixture.create, { serveStdio });
      const questions: string[] = [];
      const { client } = await connect2(world, {
        server: server.address,
        client: { ...elicitation, versionNegotiation: { mode } },
        prepare: (each) => answering(each, questions),
      });
      const call = client.callTool({ name: 'ask-user', arguments: { question: 'Who are you?' } });
      expect(await call).toMatchObject({ content: [{ text: 'you are Ada' }] });
      expect(await client.callTool(interview)).toMatchObject({ content: [{ text: 'Ada likes red' }] });
      expect(questions).toEqual(['Who are you?', 'Your name?', 'What colour, Ada?']);
      expect(fixture.states.items).toEqual([{ name: 'Ada' }]);
    }),
  );

  it('goes on over another connection of the same key, and of no other', () =>
    withWorld(new World(leg), async (world) => {
      const fixture = new Fixture2();
      const { server } = await world.serve(fixture.create, { serveStdio });
      const signer = newSigner();
      const address = { server: server.address };
      const first = await rawClient(world, { ...address, signer });
      expect(await ask(first, 1, 'tools/call', interview)).toMatchObject({
        result: { resultType: 'input_required', inputRequests: { name: { method: 'elicitation/create' } } },
      });
      const inputResponses = { name: accepted({ name: 'Ada' }) };
      const round = await ask(first, 2, 'tools/call', { ...interview, inputResponses });
      const requestState = 'result' in round ? round.result['requestState'] : undefined;
      expect(requestState).toEqual(expect.any(String));
      await first.close();

      const last = { ...interview, inputResponses: { colour: accepted({ colour: 'red' }) }, requestState };
      const stranger = await rawClient(world, address);
      expect(await ask(stranger, 1, 'tools/call', last)).toMatchObject({ error: { code: -32_602 } });
      const second = await rawClient(world, { ...address, signer });
      expect(await ask(second, 1, 'tools/call', last)).toMatchObject({
        result: { content: [{ text: 'Ada likes red' }] },
      });
      expect(fixture.states.items).toEqual([{ name: 'Ada' }]);
    }));
});
