import { Client, type ClientOptions, type RequestOptions } from '@modelcontextprotocol/client';
import { z } from 'zod';

import type { Key } from '../ground.ts';
import type { Era } from '../requirement.ts';
import { clientCapabilities, clientInfo } from '../server/identity.ts';
import { asked, type Party, recorders } from './party.ts';
import { type Line, Tap } from './tap.ts';

const anyResult = z.looseObject({});
/** Whose results the SDK reads in a way of its own: it goes round again where input is required. */
const multiRoundTrip: readonly string[] = ['tools/call', 'prompts/get', 'resources/read'];

/** With the client of `@modelcontextprotocol/client`. */
export async function connectV2(
  line: Line,
  key: Key,
  onsend: () => void,
  era: Era,
  capabilities: object = clientCapabilities,
): Promise<Party> {
  const versionNegotiation: ClientOptions['versionNegotiation'] =
    era === 'modern' ? { mode: { pin: '2026-07-28' } } : { mode: 'legacy' };
  const client = new Client(clientInfo, { capabilities, versionNegotiation });
  const recorded = recorders();
  const { notifications, errors, closes, answers } = recorded;
  client.onerror = errors.add;
  client.onclose = () => closes.add('closed');
  client.fallbackNotificationHandler = async ({ method, params }) =>
    notifications.add({ method, params: { ...params } });
  for (const method of asked) {
    if (!Object.hasOwn(capabilities, method.split('/')[0] ?? '')) continue;
    client.setRequestHandler(method as 'roots/list', async (request: { params?: object | undefined }) => {
      const answer = answers.get(method);
      if (answer === undefined) throw new Error(`nothing to answer ${method} with`);
      return (await answer({ ...request.params })) as { roots: [] };
    });
  }
  const tap = new Tap(line, era, onsend);
  await client.connect(line);
  tap.listen();
  return {
    ...recorded,
    key,
    line,
    tap,
    request: (method, params, options) =>
      multiRoundTrip.includes(method)
        ? client.request({ method: method as 'tools/call', params: { ...params } }, options as RequestOptions)
        : client.request({ method, params: { ...params } }, anyResult, options as RequestOptions),
    callTool: (name, args = {}, options) => client.callTool({ name, arguments: args }, options),
    listTools: () => client.listTools(),
    notify: (method, params) => client.notification({ method, params }),
    listen: async (filter) => {
      const subscription = await client.listen(filter);
      const { honoredFilter: honored, closed } = subscription;
      return { honored, closed, close: () => subscription.close() };
    },
    server: () => ({
      info: client.getServerVersion(),
      instructions: client.getInstructions(),
      capabilities: client.getServerCapabilities(),
    }),
    close: () => client.close(),
  };
}
