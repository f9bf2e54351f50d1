import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { z } from 'zod';

import type { Key } from '../ground.ts';
import { clientCapabilities, clientInfo } from '../server/identity.ts';
import { asked, type Party, recorders } from './party.ts';
import { type Line, Tap } from './tap.ts';

const anyResult = z.looseObject({});

/** With the client of `@modelcontextprotocol/sdk`. */
export async function connectV1(
  line: Line,
  key: Key,
  onsend: () => void,
  capabilities: object = clientCapabilities,
): Promise<Party> {
  const client = new Client(clientInfo, { capabilities });
  const recorded = recorders();
  const { notifications, errors, closes, answers } = recorded;
  client.onerror = errors.add;
  client.onclose = () => closes.add('closed');
  client.fallbackNotificationHandler = async ({ method, params }) =>
    notifications.add({ method, params: params ?? {} });
  for (const method of asked) {
    if (!Object.hasOwn(capabilities, method.split('/')[0] ?? '')) continue;
    const schema = z.object({ method: z.literal(method), params: z.looseObject({}).optional() });
    client.setRequestHandler(schema, async ({ params = {} }) => {
      const answer = answers.get(method);
      if (answer === undefined) throw new Error(`nothing to answer ${method} with`);
      return answer(params);
    });
  }
  const tap = new Tap(line, 'legacy', onsend);
  await client.connect(line);
  tap.listen();
  return {
    ...recorded,
    key,
    line,
    tap,
    request: (method, params, options) => client.request({ method, params }, anyResult, options),
    callTool: (name, args = {}, options) => client.callTool({ name, arguments: args }, undefined, options),
    listTools: () => client.listTools(),
    notify: (method, params) => client.notification({ method, params }),
    listen: () => Promise.reject(new Error('this SDK knows no subscriptions/listen')),
    server: () => ({
      info: client.getServerVersion(),
      instructions: client.getInstructions(),
      capabilities: client.getServerCapabilities(),
    }),
    close: () => client.close(),
  };
}
