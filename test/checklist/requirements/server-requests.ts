import { expect } from 'vitest';

import { legacySpec } from '../citations.ts';
import { textOf } from '../client/party.ts';
import type { Requirement } from '../requirement.ts';
import type { Params } from '../server/context.ts';

const sampling: Params = {
  messages: [
    { role: 'user', content: { type: 'text', text: 'Frage \u{1f600}' } },
    { role: 'user', content: { type: 'image', data: 'aW1hZ2U=', mimeType: 'image/png' } },
  ],
  maxTokens: 10,
  systemPrompt: 'ü',
};
const sampled = { role: 'assistant', model: 'm', content: { type: 'text', text: 'Antwort \u{1f600}' } };

const formSchema = {
  type: 'object',
  properties: {
    name: { type: 'string', default: 'Ada' },
    age: { type: 'integer', minimum: 0, default: 36 },
    colour: { type: 'string', enum: ['red', 'green'], default: 'green' },
    sure: { type: 'boolean', default: true },
  },
  required: ['name'],
};
const form: Params = { mode: 'form', message: 'Who?', requestedSchema: formSchema };
const accepted = { action: 'accept', content: { name: 'Grace', colour: 'red' } };

const roots = { roots: [{ uri: 'file:///ü%20b', name: 'Wurzel' }] };

const ask = (...requests: [method: string, params: Params][]): Params => ({
  requests: requests.map(([method, params]) => ({ method, params })),
});

export const serverRequests: readonly Requirement[] = [
  {
    id: 'sampling',
    item: 'server-requests',
    text: 'a tool asks the model, with an image, and has the answer unchanged',
    era: 'legacy',
    cites: [legacySpec('client/sampling#creating-messages')],
    run: async ({ main }) => {
      const seen: Params[] = [];
      main.answers.set('sampling/createMessage', (params) => {
        seen.push(params);
        return sampled;
      });
      const answer = textOf(await main.callTool('ask', ask(['sampling/createMessage', sampling])));
      expect(JSON.parse(answer)).toMatchObject([sampled]);
      expect(seen).toMatchObject([sampling]);
    },
  },
  {
    id: 'sampling-tools',
    item: 'server-requests',
    text: 'the model may be given tools, and answers that it uses one',
    era: 'legacy',
    cites: [legacySpec('client/sampling#sampling-with-tools')],
    run: async ({ main }) => {
      const use = { type: 'tool_use', id: 'u1', name: 'weather', input: { city: 'Åbo' } };
      const seen: Params[] = [];
      main.answers.set('sampling/createMessage', (params) => {
        seen.push(params);
        return { ...sampled, content: [use], stopReason: 'toolUse' };
      });
      const tools = [{ name: 'weather', inputSchema: { type: 'object' } }];
      const params = { ...sampling, messages: (sampling['messages'] as []).slice(0, 1), tools };
      const answer = textOf(await main.callTool('ask', ask(['sampling/createMessage', params])));
      expect(JSON.parse(answer)).toMatchObject([{ content: [use] }]);
      expect(seen).toMatchObject([{ tools: [{ name: 'weather' }] }]);
    },
  },
  {
    id: 'elicitation-form',
    item: 'server-requests',
    text: 'a tool asks the user by a form with defaults and choices',
    era: 'legacy',
    cites: [legacySpec('client/elicitation#requested-schema')],
    run: async ({ main }) => {
      const seen: Params[] = [];
      main.answers.set('elicitation/create', (params) => {
        seen.push(params);
        return accepted;
      });
      const answer = textOf(await main.callTool('ask', ask(['elicitation/create', form])));
      expect(JSON.parse(answer)).toMatchObject([accepted]);
      expect(seen).toMatchObject([{ requestedSchema: formSchema }]);
    },
  },
  {
    id: 'elicitation-url',
    item: 'server-requests',
    text: 'a tool sends the user to a URL, and hears that the user declines',
    era: 'legacy',
    cites: [legacySpec('client/elicitation#url-mode-elicitation-requests')],
    run: async ({ main }) => {
      const url: Params = {
        mode: 'url',
        message: 'Go',
        elicitationId: 'e1',
        url: 'https://example.org/ü?a=1',
      };
      const seen: Params[] = [];
      main.answers.set('elicitation/create', (params) => {
        seen.push(params);
        return { action: 'decline' };
      });
      const answer = textOf(await main.callTool('ask', ask(['elicitation/create', url])));
      expect(JSON.parse(answer)).toMatchObject([{ action: 'decline' }]);
      expect(seen).toMatchObject([url]);
    },
  },
  {
    id: 'roots',
    item: 'server-requests',
    text: 'a tool lists the roots of its client, whose change it hears of',
    era: 'legacy',
    cites: [legacySpec('client/roots')],
    run: async ({ main }) => {
      main.answers.set('roots/list', () => roots);
      expect(JSON.parse(textOf(await main.callTool('ask', ask(['roots/list', {}]))))).toMatchObject([roots]);
      await main.notify('notifications/roots/list_changed');
      const changed = { roots: [...roots.roots, { uri: 'file:///new' }] };
      main.answers.set('roots/list', () => changed);
      expect(JSON.parse(textOf(await main.callTool('ask', ask(['roots/list', {}]))))).toMatchObject([
        changed,
      ]);
    },
  },
  {
    id: 'ping',
    item: 'server-requests',
    text: 'both sides may ping, outside of any request',
    era: 'legacy',
    cites: [legacySpec('basic/utilities/ping')],
    run: async (stage) => {
      expect(await stage.main.request('ping')).toEqual({});
      expect(await stage.serverOf(stage.main).ping()).toEqual({});
    },
  },
  {
    id: 'nested',
    item: 'server-requests',
    text: 'inside a call a server asks several things at once and reports progress; the call is answered behind it all',
    era: 'legacy',
    cites: [legacySpec('basic#requests'), legacySpec('basic/utilities/progress')],
    run: async (stage) => {
      const { main, service } = stage;
      const inner = stage.name('inner');
      const progress: number[] = [];
      // The client, while it is asked, calls a tool itself.
      main.answers.set('sampling/createMessage', async () => {
        await main.callTool('count', { key: inner });
        return sampled;
      });
      main.answers.set('elicitation/create', () => accepted);
      main.answers.set('roots/list', () => roots);
      const requests = ask(
        ['sampling/createMessage', sampling],
        ['elicitation/create', form],
        ['roots/list', {}],
        ['sampling/createMessage', sampling],
      );
      const onprogress = (report: { progress: number }): void => void progress.push(report.progress);
      const answer = textOf(await main.callTool('ask', { ...requests, progress: true }, { onprogress }));
      expect(JSON.parse(answer)).toMatchObject([sampled, accepted, roots, sampled]);
      expect(service.executions.get(inner)).toBe(2);
      expect(progress).toEqual([1]);
    },
  },
  {
    id: 'unsupported',
    item: 'server-requests',
    text: 'a client that does not support what is asked for is an error of the call, and the connection goes on',
    era: 'legacy',
    cites: [legacySpec('basic/lifecycle#capability-negotiation')],
    run: async (stage) => {
      const party = await stage.connect({ capabilities: {} });
      await expect(party.callTool('ask', ask(['roots/list', {}]))).rejects.toThrow();
      expect(textOf(await party.callTool('echo', { text: 'goes on' }))).toBe('goes on');
    },
  },
  {
    id: 'client-gone',
    item: 'server-requests',
    text: 'the handler of a client that is gone is aborted, and other clients are served',
    era: 'legacy',
    cites: [legacySpec('basic/lifecycle#shutdown')],
    run: async (stage) => {
      const party = await stage.connect();
      const { closes } = stage.serverOf(party);
      const asking = new Promise<void>((resolve) => {
        party.answers.set('roots/list', () => {
          resolve();
          return new Promise(() => {});
        });
      });
      party.callTool('ask', ask(['roots/list', {}])).catch(() => {}); // nobody answers it any more
      await asking;
      await party.close();
      await closes.first();
      expect(textOf(await stage.main.callTool('echo', { text: 'served' }))).toBe('served');
    },
  },
];
