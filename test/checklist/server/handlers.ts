import type { Context, Handlers, Params, Result } from './context.ts';
import { toolHandlers, toolList } from './tools.ts';
import { seekInput } from './input.ts';
import type { Service } from './service.ts';

const PAGE_COUNT = 3;

/** What the fixture answers, whatever SDK it is mounted on. */
export function handlersOf(service: Service, subscriptions: Set<string>): Handlers {
  const tools = toolHandlers(service);
  return {
    'tools/list': () => withCacheHints({ tools: toolList }),
    'tools/call': (params, context) => {
      const name = String(params['name']);
      service.ids.add({ method: name, id: context.id });
      const tool = tools[name];
      if (tool === undefined) throw context.error(-32_602, `no tool ${name}`);
      return tool(asParams(params['arguments']), context);
    },
    'prompts/list': (params) => promptPage(params, 'prompts'),
    'prompts/get': (params, context) => getPrompt(params, context),
    'resources/list': () => withCacheHints({ resources: [{ uri: 'fixture://blob', name: 'blob' }] }),
    'resources/templates/list': () => withCacheHints({ resourceTemplates: [] }),
    'resources/read': (params, context) => readResource(params, context),
    'resources/subscribe': ({ uri }) => {
      subscriptions.add(String(uri));
      return {};
    },
    'resources/unsubscribe': ({ uri }) => {
      subscriptions.delete(String(uri));
      return {};
    },
    'completion/complete': (params) => ({
      completion: { values: [JSON.stringify(params)], hasMore: false, total: 1 },
    }),
  };
}

/** Names that no sorting would put in this order. */
function promptPage(params: Params, key: string): Result {
  const page = params['cursor'] === undefined ? 0 : Number((params['cursor'] as string).slice(-1));
  const names = ['ü', 'b', 'A', '\u{1f600}'].map((name) => ({ name: `${name}${page}` }));
  const next = page + 1 < PAGE_COUNT ? { nextCursor: `Seite\u2028"\\\u{1f600}${page + 1}` } : {};
  return withCacheHints({ [key]: names, ...next });
}

function getPrompt(params: Params, context: Context): Result | Promise<Result> {
  const args = asParams(params['arguments']);
  if (params['name'] === 'input') return seekInput(args, context, (text) => promptOf(text));
  throw context.error(-32_602, 'refused', { reason: 'on purpose', list: [1, null, { deep: 'ü' }] });
}

function readResource(params: Params, context: Context): Result | Promise<Result> {
  const uri = String(params['uri']);
  const contents = (text: string): Result => withCacheHints({ contents: [{ uri, text }] });
  if (uri === 'fixture://input') return seekInput({}, context, contents);
  if (uri !== 'fixture://blob') throw context.error(-32_602, `no resource ${uri}`, { uri });
  const blob = Buffer.from(Array.from({ length: 70_000 }, (_, i) => i % 256)).toString('base64');
  return withCacheHints({ contents: [{ uri, blob, mimeType: 'application/octet-stream' }] });
}

function promptOf(text: string): Result {
  return { messages: [{ role: 'user', content: { type: 'text', text } }] };
}

/** Required of these results in the modern era; the old one does not mind. */
function withCacheHints(result: Result): Result {
  return { ...result, ttlMs: 12_345, cacheScope: 'public' };
}

export function asParams(value: unknown): Params {
  return typeof value === 'object' && value !== null ? (value as Params) : {};
}
