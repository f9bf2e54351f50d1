/* oxlint-disable no-underscore-dangle -- _meta is MCP's name */
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { z } from 'zod';

import { Gates } from '../helpers/gates.ts';
import { Recorder } from '../helpers/recorder.ts';

/** An MCP server for whoever calls, and what tests see behind its tools. */
export class Tools {
  /** Those that were made, for the clients in the order in which they came. */
  readonly servers: McpServer[] = [];
  /** How often `count` was executed with each key. */
  readonly executions: Map<string, number> = new Map();
  /** Names with which `wait` began. */
  readonly started = new Recorder<string>('a call of the tool wait');
  /** Names of calls of `wait` that were cancelled. */
  readonly aborted = new Recorder<string>('a cancelled call of the tool wait');
  /** Lets calls of `wait`, and of `progress` after its first step or the one that it is told, go on. */
  readonly gates = new Gates();

  readonly create = (): McpServer => {
    const server = new McpServer(
      { name: 'interop', version: '1.0.0' },
      { instructions: 'Call the tools.', capabilities: { logging: {} } },
    );
    this.servers.push(server);
    server.registerTool('echo', { inputSchema: { text: z.string() } }, ({ text }) => content(text));
    server.registerTool('fail', { description: 'throws' }, () => {
      throw new Error('the tool failed on purpose');
    });
    server.registerTool('count', { inputSchema: { key: z.string() } }, ({ key }) => {
      this.executions.set(key, (this.executions.get(key) ?? 0) + 1);
      return content(key);
    });
    server.registerTool('wait', { inputSchema: { name: z.string() } }, async ({ name }, { signal }) => {
      const aborted = new Promise<void>((resolve) => {
        signal.addEventListener('abort', () => {
          this.aborted.add(name);
          resolve();
        });
      });
      this.started.add(name);
      await Promise.race([this.gates.of(name).opened, aborted]);
      return content(name);
    });
    const gate = z.string().optional();
    const steps = { name: z.string(), steps: z.number(), gate, gateAfter: z.number().default(1) };
    server.registerTool('progress', { inputSchema: steps }, async (given, extra) => {
      const progressToken = extra._meta?.progressToken;
      if (progressToken === undefined) return content('nobody wants to know');
      for (let progress = 1; progress <= given.steps; progress++) {
        await extra.sendNotification({
          method: 'notifications/progress',
          params: { progressToken, progress, total: given.steps, message: `${given.name} ${progress}` },
        });
        if (progress === given.gateAfter && given.gate !== undefined) {
          this.started.add(given.name);
          await this.gates.of(given.gate).opened;
        }
      }
      return content(given.name);
    });
    return server;
  };
}

function content(text: string): { content: [{ type: 'text'; text: string }] } {
  return { content: [{ type: 'text', text }] };
}
