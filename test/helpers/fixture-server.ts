/* oxlint-disable no-underscore-dangle -- _meta is MCP's name */
import type { Caller } from '@mcp-nostr/server';
import { completable } from '@modelcontextprotocol/sdk/server/completable.js';
import { McpServer, ResourceTemplate } from '@modelcontextprotocol/sdk/server/mcp.js';
import {
  ElicitResultSchema,
  CreateMessageResultSchema,
  EmptyResultSchema,
  ListRootsResultSchema,
  McpError,
  SubscribeRequestSchema,
  UnsubscribeRequestSchema,
} from '@modelcontextprotocol/sdk/types.js';
import { z } from 'zod';

import { type Gate, Gates } from './gates.ts';
import { Recorder } from './recorder.ts';

/** One MCP server, made for one connection. */
export interface Instance {
  readonly caller: Caller;
  readonly server: McpServer;
  /** URIs that this connection is subscribed to. */
  readonly subscriptions: Set<string>;
  /** Once for each time that the server's `onclose` came. */
  readonly closes: Recorder<string>;
}

/** What tests look at and hold on to behind the server's tools. */
export class Fixture {
  readonly opened = new Recorder<Instance>('a connection');
  /** How often the tool `count` was executed with each key. */
  readonly executions: Map<string, number> = new Map();
  /** Names with which the tool `wait` began. */
  readonly started = new Recorder<string>('a call of the tool wait');
  /** What became of requests that the tool `ask-late` made when it had returned. */
  readonly lateRequests = new Recorder<string>('the outcome of a late request');
  /** Names whose AbortSignal fired. */
  readonly aborted = new Recorder<string>('an aborted call of the tool wait');
  readonly #gates = new Gates();

  /** What `serve()` is given. */
  readonly create = (caller: Caller): McpServer => {
    const server = new McpServer(
      { name: 'fixture', version: '1.2.3', title: 'Fixture Å' },
      {
        instructions: 'Call the tools.\nThey are harmless \u{1f600}.',
        capabilities: { logging: {}, resources: { subscribe: true } },
      },
    );
    const subscriptions = new Set<string>();
    const closes = new Recorder<string>('the close of a server');
    server.server.onclose = () => closes.add('closed');
    this.opened.add({ caller, server, subscriptions, closes });
    registerTools(server, this);
    registerClientTools(server, this);
    registerResources(server, subscriptions);
    registerPrompts(server);
    return server;
  };

  get instances(): readonly Instance[] {
    return this.opened.items;
  }

  /** The server of the newest connection. */
  get newest(): Instance {
    const instance = this.instances.at(-1);
    if (instance === undefined) throw new Error('no connection was opened yet');
    return instance;
  }

  /** Lets calls of `wait` with this name return. */
  release(name: string): void {
    this.gate(name).open();
  }

  gate(name: string): Gate {
    return this.#gates.of(name);
  }
}

function text(value: string): { content: [{ type: 'text'; text: string }] } {
  return { content: [{ type: 'text', text: value }] };
}

function registerTools(server: McpServer, fixture: Fixture): void {
  server.registerTool('echo', { inputSchema: { text: z.string() } }, (given) => text(given.text));
  server.registerTool('fail', { description: 'throws' }, () => {
    throw new Error('the tool failed on purpose');
  });
  server.registerTool(
    'sum',
    {
      inputSchema: { values: z.array(z.number()) },
      outputSchema: { sum: z.number(), values: z.array(z.number()), empty: z.null() },
    },
    ({ values }) => {
      const structuredContent = { sum: values.reduce((a, b) => a + b, 0), values, empty: null };
      return { ...text(JSON.stringify(structuredContent)), structuredContent };
    },
  );
  server.registerTool('count', { inputSchema: { key: z.string() } }, ({ key }) => {
    fixture.executions.set(key, (fixture.executions.get(key) ?? 0) + 1);
    return text(String(fixture.executions.get(key)));
  });
  server.registerTool('delay', { inputSchema: { ms: z.number(), text: z.string() } }, async (given) => {
    await new Promise((resolve) => setTimeout(resolve, given.ms));
    return text(given.text);
  });
  server.registerTool('wait', { inputSchema: { name: z.string() } }, async ({ name }, { signal }) => {
    const aborted = new Promise<void>((resolve) => {
      signal.addEventListener('abort', () => {
        fixture.aborted.add(name);
        resolve();
      });
    });
    fixture.started.add(name);
    await Promise.race([fixture.gate(name).opened, aborted]);
    return text(`waited for ${name}`);
  });
  server.registerTool('large', { inputSchema: { length: z.number() } }, ({ length }) =>
    text('x'.repeat(length)),
  );
  server.registerTool('who', { description: 'tells who calls' }, (extra) => {
    const { clientId, extra: more, token, scopes } = extra.authInfo ?? {};
    return text(JSON.stringify({ clientId, more, token, scopes, sessionId: extra.sessionId }));
  });
  server.registerTool('meta', { description: 'gives back the _meta of the request' }, (extra) => ({
    ...text('meta'),
    _meta: { got: extra._meta, 'vendor.example/key': { deep: [1, null, 'ü'] } },
  }));
  server.registerTool(
    'progress',
    { inputSchema: { steps: z.number(), late: z.boolean().default(false) } },
    ({ steps, late }, extra) => {
      const progressToken = extra._meta?.progressToken;
      if (progressToken === undefined) return text('no token');
      const report = (progress: number): void => {
        // Not waited for: the last one leaves in the same tick as the response.
        extra
          .sendNotification({
            method: 'notifications/progress',
            params: { progressToken, progress, total: steps, message: `step ${progress}` },
          })
          .catch(() => {});
      };
      for (let step = 1; step <= steps; step++) report(step);
      if (late) setTimeout(() => report(steps + 1), 0);
      return text('done');
    },
  );
  server.registerTool('log', { inputSchema: { text: z.string() } }, async (given, { sessionId }) => {
    await server.server.sendLoggingMessage({ level: 'debug', data: `debug ${given.text}` }, sessionId);
    await server.server.sendLoggingMessage(
      { level: 'warning', logger: 'fixture', data: { text: given.text } },
      sessionId,
    );
    return text('logged');
  });
}

/** Tools that ask something of the client while they run. */
function registerClientTools(server: McpServer, fixture: Fixture): void {
  server.registerTool('ask-model', { inputSchema: { prompt: z.string() } }, async ({ prompt }, extra) => {
    const progressToken = extra._meta?.progressToken;
    const report = async (progress: number): Promise<void> => {
      if (progressToken === undefined) return;
      await extra.sendNotification({
        method: 'notifications/progress',
        params: { progressToken, progress, total: 2 },
      });
    };
    await report(1);
    const answer = await extra.sendRequest(
      {
        method: 'sampling/createMessage',
        params: { messages: [{ role: 'user', content: { type: 'text', text: prompt } }], maxTokens: 10 },
      },
      CreateMessageResultSchema,
    );
    await report(2);
    return text(JSON.stringify(answer.content));
  });
  server.registerTool('ask-user', { inputSchema: { question: z.string() } }, async ({ question }, extra) => {
    const answer = await extra.sendRequest(
      {
        method: 'elicitation/create',
        params: {
          mode: 'form',
          message: question,
          requestedSchema: {
            type: 'object',
            properties: { name: { type: 'string' }, colour: { type: 'string', enum: ['red', 'green'] } },
            required: ['name'],
          },
        },
      },
      ElicitResultSchema,
    );
    return text(JSON.stringify({ action: answer.action, content: answer.content }));
  });
  server.registerTool('ask-late', { description: 'asks when it has returned' }, (extra) => {
    setTimeout(() => {
      extra.sendRequest({ method: 'ping' }, EmptyResultSchema, { timeout: 20_000 }).then(
        () => fixture.lateRequests.add('answered'),
        (error: unknown) => fixture.lateRequests.add(String(error)),
      );
    }, 5);
    return text('returned');
  });
  server.registerTool('ask-roots', { description: 'lists the roots of the client' }, async (extra) => {
    const { roots } = await extra.sendRequest({ method: 'roots/list' }, ListRootsResultSchema);
    return text(JSON.stringify(roots));
  });
}

function registerResources(server: McpServer, subscriptions: Set<string>): void {
  server.registerResource('text', 'fixture://text', { mimeType: 'text/plain' }, (uri) => ({
    contents: [{ uri: uri.href, mimeType: 'text/plain', text: 'plain text' }],
  }));
  server.registerResource('blob', 'fixture://blob', { mimeType: 'application/octet-stream' }, (uri) => ({
    contents: [{ uri: uri.href, blob: Buffer.from([0, 255, 128, 10]).toString('base64') }],
  }));
  const template = new ResourceTemplate('fixture://item/{id}', {
    list: undefined,
    complete: { id: (value) => ['alpha', 'beta', 'alphabet'].filter((id) => id.startsWith(value)) },
  });
  server.registerResource('item', template, { title: 'An item' }, (uri, { id }) => ({
    contents: [{ uri: uri.href, text: `item ${String(id)}` }],
  }));
  server.server.setRequestHandler(SubscribeRequestSchema, ({ params }) => {
    subscriptions.add(params.uri);
    return {};
  });
  server.server.setRequestHandler(UnsubscribeRequestSchema, ({ params }) => {
    subscriptions.delete(params.uri);
    return {};
  });
}

function registerPrompts(server: McpServer): void {
  server.registerPrompt(
    'greeting',
    {
      description: 'greets',
      argsSchema: {
        name: completable(z.string(), (value) => ['Ada', 'Alan', 'Grace'].filter((n) => n.startsWith(value))),
      },
    },
    ({ name }) => ({ messages: [{ role: 'user', content: { type: 'text', text: `Greet ${name}` } }] }),
  );
  server.registerPrompt('refuse', { description: 'answers with an error' }, () => {
    throw new McpError(-32_050, 'refused', { reason: 'on purpose', list: [1, null, { deep: 'ü' }] });
  });
}
