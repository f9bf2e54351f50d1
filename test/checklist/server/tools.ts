import { setTimeout as pause } from 'node:timers/promises';

import type { Handler, Params, Result } from './context.ts';
import { seekInput } from './input.ts';
import type { Service } from './service.ts';

/** With what schemas have and no simple validator generates. */
const schemaWithReferences = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  type: 'object',
  $defs: { node: { type: 'object', properties: { next: { $ref: '#/$defs/node' }, ключ: { const: 1e21 } } } },
  properties: { root: { $ref: '#/$defs/node' } },
  additionalProperties: true,
};

export const toolList: Result[] = [
  {
    name: 'echo',
    title: 'Echo \u{1f600}',
    inputSchema: schemaWithReferences,
    _meta: { 'vendor.example/x': [null] },
  },
  ...[
    'structured',
    'count',
    'wait',
    'delay',
    'progress',
    'tick',
    'fail',
    'error',
    'meta',
    'log',
    'image',
  ].map((name) => ({ name, inputSchema: { type: 'object' } })),
  ...['who', 'ask', 'input'].map((name) => ({ name, inputSchema: { type: 'object' } })),
  {
    name: 'mismatch',
    inputSchema: { type: 'object' },
    outputSchema: { type: 'object', properties: { sum: { type: 'number' } }, required: ['sum'] },
  },
];

export function toolHandlers(service: Service): Readonly<Record<string, Handler>> {
  const { executions, started, aborted } = service;
  return {
    echo: ({ text }) => textResult(String(text)),
    structured: ({ value }) => ({ content: [], structuredContent: value }),
    mismatch: () => ({ content: [], structuredContent: { sum: 'no number' } }),
    count: (params) => {
      const key = String(params['key']);
      executions.set(key, (executions.get(key) ?? 0) + 1);
      return textResult(String(executions.get(key)));
    },
    wait: async (params, { signal }) => {
      const name = String(params['name']);
      const gone = new Promise<void>((resolve) => {
        const leave = (): void => {
          aborted.add(name);
          resolve();
        };
        if (signal.aborted) leave();
        else signal.addEventListener('abort', leave);
      });
      started.add(name);
      await Promise.race([service.opening(name), gone]);
      return textResult(`waited for ${name}`);
    },
    delay: async ({ ms, text }) => {
      await pause(Number(ms));
      return textResult(String(text));
    },
    progress: reportProgress,
    tick: async ({ steps, everyMs }, { meta, notify, signal }) => {
      for (let progress = 1; progress <= Number(steps) && !signal.aborted; progress++) {
        await pause(Number(everyMs));
        await notify('notifications/progress', { progressToken: meta['progressToken'], progress });
      }
      return textResult('done');
    },
    fail: () => {
      throw new Error('the tool failed on purpose');
    },
    error: ({ code, message, data }, context) => {
      throw context.error(Number(code), String(message), data);
    },
    meta: (_, { meta }) => ({
      ...textResult('meta'),
      _meta: { got: meta, 'vendor.example/key': { deep: [1, null, 'ü'] } },
    }),
    log: async ({ levels }, { log }) => {
      for (const level of levels as string[]) await log(level, { level, text: 'ü' });
      return textResult('logged');
    },
    image: ({ bytes }) => ({
      content: [
        {
          type: 'image',
          mimeType: 'image/png',
          data: Buffer.alloc(Number(bytes), 'image').toString('base64'),
        },
      ],
    }),
    who: (_, { caller, authInfo, sessionId }) =>
      textResult(JSON.stringify({ factory: caller.pubkey, handler: authInfo?.clientId, sessionId })),
    ask: async ({ requests, progress }, { ask, notify, meta }) => {
      const answers = await Promise.all(
        (requests as { method: string; params: Params }[]).map(({ method, params }) => ask(method, params)),
      );
      if (progress === true) {
        await notify('notifications/progress', { progressToken: meta['progressToken'], progress: 1 });
      }
      return textResult(JSON.stringify(answers));
    },
    input: (params, context) => seekInput(params, context, textResult),
  };
}

/** Nothing of it is waited for: the last report leaves in the tick of the response, or after it. */
function reportProgress({ steps, late }: Params, { meta, notify }: Parameters<Handler>[1]): Result {
  const progressToken = meta['progressToken'];
  const report = (progress: number): void => {
    notify('notifications/progress', { progressToken, progress, message: `Schritt ${progress}` }).catch(
      () => {},
    );
  };
  for (let step = 1; step <= Number(steps); step++) report(step);
  if (late === true) setTimeout(() => report(Number(steps) + 1), 0);
  return textResult('done');
}

function textResult(text: string): Result {
  return { content: [{ type: 'text', text }] };
}
