import type { McpServerFactory } from '@mcp-nostr/server';
import {
  acceptedContent,
  inputRequired,
  McpServer,
  type ServerContext,
  type Transport,
} from '@modelcontextprotocol/server';
import { serveStdio, type StdioServerHandle } from '@modelcontextprotocol/server/stdio';
import { z } from 'zod';

import { Recorder } from './recorder.ts';

/** A server of the SDK's line 2 for both eras of MCP, made anew for each connection, and what tests see of it. */
export class DualEraServer {
  /** The era of each server that was made. */
  readonly made = new Recorder<string>('a server');
  readonly started = new Recorder<string>('a call of the tool wait');
  readonly aborted = new Recorder<string>('an aborted call of the tool wait');
  readonly closed = new Recorder<string>('the end of a connection');
  readonly #live: Set<McpServer> = new Set();

  /** What `serve()` is given. */
  readonly create: McpServerFactory = () => {
    let handle: StdioServerHandle | undefined;
    const product = {
      // It is asked itself what it speaks.
      decidesVersion: true,
      connect: async (transport: Transport) => {
        handle = serveStdio(({ era }) => this.#make(era), { transport });
      },
      close: async () => {
        this.closed.add('closed');
        await handle?.close();
      },
    };
    return product;
  };

  /** A change that every connection hears of. */
  changeTools(): void {
    for (const server of this.#live) server.sendToolListChanged();
  }

  #make(era: string): McpServer {
    const server = new McpServer(
      { name: 'dual', version: '1.0.0' },
      { capabilities: { logging: {}, tools: { listChanged: true } } },
    );
    this.made.add(era);
    this.#live.add(server);
    server.server.onclose = () => this.#live.delete(server);
    server.registerTool('echo', { inputSchema: z.object({ text: z.string() }) }, ({ text }) => content(text));
    server.registerTool(
      'place',
      { inputSchema: z.object({ region: z.string().meta({ 'x-mcp-header': 'Region' }) }) },
      ({ region }) => content(region),
    );
    server.registerTool('fail', { description: 'throws' }, () => {
      throw new Error('the tool failed on purpose');
    });
    server.registerTool(
      'progress',
      { inputSchema: z.object({ steps: z.number() }) },
      async ({ steps }, ctx) => {
        for (let progress = 1; progress <= steps; progress++) await report(ctx, progress, steps);
        return content('done');
      },
    );
    server.registerTool('wait', { inputSchema: z.object({ name: z.string() }) }, async ({ name }, ctx) => {
      const gone = new Promise<void>((resolve) => {
        ctx.mcpReq.signal.addEventListener('abort', () => resolve());
      });
      await report(ctx, 1, 2);
      this.started.add(name);
      await gone;
      this.aborted.add(name);
      return content('aborted');
    });
    server.registerTool('ask', { description: 'asks the user' }, ({ mcpReq }) => {
      const answer = acceptedContent<{ name: string }>(mcpReq.inputResponses, 'who');
      if (answer !== undefined) return content(`hello ${answer.name}`);
      const requestedSchema = { type: 'object' as const, properties: { name: { type: 'string' as const } } };
      return inputRequired({
        inputRequests: { who: inputRequired.elicit({ message: 'Who?', requestedSchema }) },
      });
    });
    return server;
  }
}

async function report({ mcpReq }: ServerContext, progress: number, total: number): Promise<void> {
  // oxlint-disable-next-line no-underscore-dangle -- MCP's name
  const progressToken = mcpReq._meta?.progressToken;
  if (progressToken === undefined) return;
  await mcpReq.notify({ method: 'notifications/progress', params: { progressToken, progress, total } });
}

function content(text: string): { content: [{ type: 'text'; text: string }] } {
  return { content: [{ type: 'text', text }] };
}
