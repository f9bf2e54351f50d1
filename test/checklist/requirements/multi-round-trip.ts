import { expect } from 'vitest';

import { modernSpec } from '../citations.ts';
import { type Party, textOf } from '../client/party.ts';
import type { Response } from '../client/tap.ts';
import type { Requirement } from '../requirement.ts';
import type { Params, Result } from '../server/context.ts';

const page = [modernSpec('basic/patterns/mrtr')];
const form = (message: string): object => ({
  method: 'elicitation/create',
  params: {
    mode: 'form',
    message,
    requestedSchema: { type: 'object', properties: { name: { type: 'string' } } },
  },
});
const sampling = {
  method: 'sampling/createMessage',
  params: { messages: [{ role: 'user', content: { type: 'text', text: 'Frage' } }], maxTokens: 5 },
};
const rootsList = { method: 'roots/list' };

const accepted = (name: string): Result => ({ action: 'accept', content: { name } });
const sampled = { role: 'assistant', model: 'm', content: { type: 'text', text: 'Antwort' } };
const roots = { roots: [{ uri: 'file:///a' }] };

/** The input requests of each round, as the fixture takes them. */
const rounds = (...all: object[]): Params => ({ rounds: JSON.stringify(all) });

/** The first round, by hand: what the server wants to have back. */
async function firstRound({ tap }: Party, args: Params): Promise<string> {
  const answer = await tap.callTool('first round', 'input', args);
  expect(answer).toMatchObject({ result: { resultType: 'input_required' } });
  return String('result' in answer ? answer.result['requestState'] : '');
}

function retry({ tap }: Party, args: Params, requestState: string): Promise<Response> {
  const inputResponses = { a: accepted('Ada') };
  return tap.request('second round', 'tools/call', {
    name: 'input',
    arguments: args,
    requestState,
    inputResponses,
  });
}

export const multiRoundTrip: readonly Requirement[] = [
  {
    id: 'several-inputs',
    item: 'multi-round-trip',
    text: 'elicitation, sampling and roots in one round, each answer under its own key',
    era: 'modern',
    cites: page,
    run: async ({ main }) => {
      main.answers.set('elicitation/create', ({ message }) => accepted(String(message)));
      main.answers.set('sampling/createMessage', () => sampled);
      main.answers.set('roots/list', () => roots);
      const args = rounds({ 'ключ "\\': form('one'), b: form('two'), c: sampling, d: rootsList });
      const answer = textOf(await main.callTool('input', args));
      expect(JSON.parse(answer)).toMatchObject([
        { 'ключ "\\': accepted('one'), b: accepted('two'), c: sampled, d: roots },
      ]);
    },
  },
  {
    id: 'several-rounds',
    item: 'multi-round-trip',
    text: 'several rounds, each under a new id and with exactly the state of the one before',
    era: 'modern',
    cites: page,
    run: async ({ main, service }) => {
      main.answers.set('elicitation/create', ({ message }) => accepted(String(message)));
      const [sentBefore, receivedBefore, idsBefore] = [
        main.tap.sent.count,
        main.tap.received.count,
        service.ids.count,
      ];
      const args = rounds({ a: form('one') }, { a: form('two') }, { a: form('three') });
      const answer = textOf(await main.callTool('input', args));
      expect(JSON.parse(answer)).toMatchObject(
        ['one', 'two', 'three'].map((name) => ({ a: accepted(name) })),
      );
      const ids = service.ids.items.slice(idsBefore).map(({ id }) => id);
      expect(new Set(ids).size).toBe(4);
      const given = main.tap.received.items
        .slice(receivedBefore)
        .flatMap((message) => ('result' in message ? [message.result['requestState']] : []));
      const returned = main.tap.sent.items
        .slice(sentBefore)
        .flatMap((message) => ('method' in message ? [message.params?.['requestState']] : []));
      expect(returned).toEqual([undefined, ...given.slice(0, 3)]);
      expect(given.slice(0, 3).every((state) => typeof state === 'string')).toBe(true);
    },
  },
  {
    id: 'prompts-and-resources',
    item: 'multi-round-trip',
    text: 'prompts/get and resources/read may ask too',
    era: 'modern',
    cites: page,
    run: async ({ main }) => {
      main.answers.set('elicitation/create', () => accepted('Ada'));
      const prompt = await main.request('prompts/get', { name: 'input' });
      expect(JSON.stringify(prompt)).toContain('Ada');
      const resource = await main.request('resources/read', { uri: 'fixture://input' });
      expect(JSON.stringify(resource)).toContain('Ada');
    },
  },
  {
    id: 'state-on-another-connection',
    item: 'multi-round-trip',
    text: 'what was begun on one connection of a key is ended on another one',
    era: 'modern',
    cites: [...page, modernSpec('basic#statelessness')],
    run: async (stage) => {
      const [one, two] = [stage.main, await stage.connect({ key: stage.main.key })];
      const args = rounds({ a: form('one') });
      const state = await firstRound(one, args);
      expect(await retry(two, args, state)).toMatchObject({
        result: { content: [{ text: JSON.stringify([{ a: accepted('Ada') }]) }] },
      });
    },
  },
  {
    id: 'state-of-others',
    item: 'multi-round-trip',
    text: 'a state that was changed, or that belongs to another key, is refused',
    era: 'modern',
    cites: [...page, modernSpec('basic/patterns/mrtr#security-considerations')],
    run: async (stage) => {
      const stranger = await stage.connect();
      const args = rounds({ a: form('one') });
      const state = await firstRound(stage.main, args);
      const refused = { error: { code: -32_602, data: { reason: 'invalid_request_state' } } };
      expect(await retry(stranger, args, state)).toMatchObject(refused);
      expect(await retry(stage.main, args, state.replace('"round":1', '"round":9'))).toMatchObject(refused);
      expect(await retry(stage.main, args, state)).toMatchObject({ result: {} });
    },
  },
];
