/* oxlint-disable no-underscore-dangle -- _meta is MCP's name */
import type { Caller } from '@mcp-nostr/server';
import {
  acceptedContent,
  completable,
  createRequestStateCodec,
  inputRequired,
  McpServer,
  ResourceTemplate,
} from '@modelcontextprotocol/server';
import { z } from 'zod';

import { Gates } from './gates.ts';
import { Recorder } from './recorder.ts';

/** One MCP server, made for one connection and one era of it. */
export interface Instance2 {
  readonly caller: Caller;
  readonly server: McpServer;
  /** Once for each time that the server's `onclose` came. */
  readonly closes: Recorder<string>;
}

/** What the tool `interview` keeps between its rounds. */
interface Interview {
  readonly name: string;
}

/** The fixture of `fixture-server.ts` on SDK 2.x, with what only that has. */
export class Fixture2 {
  readonly opened = new Recorder<Instance2>('a server of SDK 2.x');
  /** How often the tool `count` was executed with each key. */
  readonly executions: Map<string, number> = new Map();
  /** Names with which the tool `wait` began, and those whose AbortSignal fired. */
  readonly started = new Recorder<string>('a call of the tool wait');
  readonly aborted = new Recorder<string>('an aborted call of the tool wait');
  /** The state that came back with each round of the tool `interview` but the first. */
  readonly states = new Recorder<Interview>('a round of the tool interview');
  readonly gates = new Gates();
  /** Whether servers have the tool `more`. */
  hasMore = false;
  /** The tool `grow` has made it so. */
  ongrown: () => void = () => {};
  /** Only whom it was given may bring a state back. */
  readonly #codec = createRequestStateCodec<Interview>({
    key: 'k'.repeat(32),
    bind: (ctx) => ctx.http?.authInfo?.clientId ?? '',
  });

  /** What `serve()` is given. */
  readonly create = (caller: Caller): McpServer => {
    const server = new McpServer(
      { name: 'fixture', version: '2.0.0' },
      {
        capabilities: {
          logging: {},
          tools: { listChanged: true },
          prompts: { listChanged: true },
          resources: { subscribe: true, listChanged: true },
        },
        requestState: { verify: (state, ctx) => this.#codec.verify(state, ctx) },
      },
    );
    const closes = new Recorder<string>('the close of a server');
    server.server.onclose = () => closes.add('closed');
    this.#registerTools(server);
    this.#registerAsking(server);
    registerMore(server);
    if (this.hasMore)
      server.registerTool('more', { description: 'was not there before' }, () => text('more'));
    this.opened.add({ caller, server, closes });
    return server;
  };

  /** The server that was made last. */
  get newest(): Instance2 {
    const instance = this.opened.items.at(-1);
    if (instance === undefined) throw new Error('no server was made yet');
    return instance;
  }

  #registerTools(server: McpServer): void {
    server.registerTool('echo', { inputSchema: z.object({ text: z.string() }) }, (given) => text(given.text));
    server.registerTool('count', { inputSchema: z.object({ key: z.string() }) }, ({ key }) => {
      this.executions.set(key, (this.executions.get(key) ?? 0) + 1);
      return text(String(this.executions.get(key)));
    });
    server.registerTool('wait', { inputSchema: z.object({ name: z.string() }) }, async ({ name }, ctx) => {
      const aborted = new Promise<void>((resolve) => {
        ctx.mcpReq.signal.addEventListener('abort', () => {
          this.aborted.add(name);
          resolve();
        });
      });
      this.started.add(name);
      await Promise.race([this.gates.of(name).opened, aborted]);
      return text(`waited for ${name}`);
    });
    server.registerTool('who', { description: 'tells who calls' }, (ctx) => {
      const { clientId, extra, token, scopes } = ctx.http?.authInfo ?? {};
      return text(JSON.stringify({ clientId, more: extra, token, scopes, sessionId: ctx.sessionId }));
    });
    server.registerTool('progress', { inputSchema: z.object({ steps: z.number() }) }, ({ steps }, ctx) => {
      const progressToken = ctx.mcpReq._meta?.progressToken;
      if (progressToken === undefined) return text('no token');
      for (let progress = 1; progress <= steps; progress++) {
        const params = { progressToken, progress, total: steps };
        // Not waited for: the last one leaves in the same tick as the response.
        ctx.mcpReq.notify({ method: 'notifications/progress', params }).catch(() => {});
      }
      return text('done');
    });
    server.registerTool('log', { inputSchema: z.object({ text: z.string() }) }, async (given, ctx) => {
      await ctx.mcpReq.log('debug', `debug ${given.text}`);
      await ctx.mcpReq.log('warning', { text: given.text }, 'fixture');
      return text('logged');
    });
    server.registerTool('grow', { description: 'adds a tool to every server' }, () => {
      this.hasMore = true;
      this.ongrown();
      return text('grown');
    });
    const regional = z.object({ region: z.string().meta({ 'x-mcp-header': 'Region' }) });
    server.registerTool('regional', { inputSchema: regional }, ({ region }) => text(`in ${region}`));
  }

  /** Tools that need something of the client: a further request in the modern era, one of the server's in the other. */
  #registerAsking(server: McpServer): void {
    const named = z.object({ name: z.string() });
    const coloured = z.object({ colour: z.string() });
    const ask = (message: string, requestedSchema: typeof named | typeof coloured) =>
      inputRequired.elicit({ message, requestedSchema });
    server.registerTool('ask-user', { inputSchema: z.object({ question: z.string() }) }, (given, ctx) => {
      const answer = acceptedContent(ctx.mcpReq.inputResponses, 'answer', named);
      if (answer === undefined)
        return inputRequired({ inputRequests: { answer: ask(given.question, named) } });
      return text(`you are ${answer.name}`);
    });
    server.registerTool('interview', { description: 'asks twice' }, async (ctx) => {
      const { inputResponses } = ctx.mcpReq;
      const state = ctx.mcpReq.requestState<Interview>();
      if (state !== undefined) this.states.add(state);
      const name = state?.name ?? acceptedContent(inputResponses, 'name', named)?.name;
      if (name === undefined) return inputRequired({ inputRequests: { name: ask('Your name?', named) } });
      const colour = acceptedContent(inputResponses, 'colour', coloured)?.colour;
      if (colour !== undefined) return text(`${name} likes ${colour}`);
      return inputRequired({
        inputRequests: { colour: ask(`What colour, ${name}?`, coloured) },
        requestState: await this.#codec.mint({ name }, ctx),
      });
    });
  }
}

function text(value: string): { content: [{ type: 'text'; text: string }] } {
  return { content: [{ type: 'text', text: value }] };
}

function registerMore(server: McpServer): void {
  server.registerResource('text', 'fixture://text', { mimeType: 'text/plain' }, (uri) => ({
    contents: [{ uri: uri.href, mimeType: 'text/plain', text: 'plain text' }],
  }));
  const template = new ResourceTemplate('fixture://item/{id}', { list: undefined });
  server.registerResource('item', template, { title: 'An item' }, (uri, { id }) => ({
    contents: [{ uri: uri.href, text: `item ${String(id)}` }],
  }));
  const name = completable(z.string(), (value) => ['Ada', 'Alan'].filter((each) => each.startsWith(value)));
  server.registerPrompt('greeting', { description: 'greets', argsSchema: z.object({ name }) }, (given) => ({
    messages: [{ role: 'user', content: { type: 'text', text: `Greet ${given.name}` } }],
  }));
}
