/* oxlint-disable no-underscore-dangle -- _meta is MCP's name */
import { createHash } from 'node:crypto';

import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { z } from 'zod';

import { Recorder } from './recorder.ts';

/** An MCP server for large and many messages, and what it executed. */
export class Workload {
  /** Names that were given to its tools, in the order of execution. */
  readonly executed = new Recorder<string>('a call of a tool');

  /** What `serve()` is given. */
  readonly create = (): McpServer => {
    const server = new McpServer({ name: 'workload', version: '1' });
    const name = z.string();
    server.registerTool('measure', { inputSchema: { name, text: z.string() } }, (given) => {
      this.executed.add(given.name);
      return textResult(digest(given.text));
    });
    server.registerTool('produce', { inputSchema: { name, length: z.number() } }, (given) => {
      this.executed.add(given.name);
      return textResult(pattern(given.length, given.name));
    });
    server.registerTool('report', { inputSchema: { name, steps: z.number() } }, (given, extra) => {
      this.executed.add(given.name);
      const progressToken = extra._meta?.progressToken;
      const steps = progressToken === undefined ? 0 : given.steps;
      for (let progress = 1; progress <= steps; progress++) {
        const params = { progressToken: progressToken ?? '', progress, message: `${given.name} ${progress}` };
        extra.sendNotification({ method: 'notifications/progress', params }).catch(() => {}); // the world may be over
      }
      return textResult(`answer to ${given.name}`);
    });
    return server;
  };

  /** How often a call of this name was executed. */
  times(name: string): number {
    return this.executed.items.filter((each) => each === name).length;
  }
}

/** A text that is wrong as soon as a piece of it is missing, doubled or moved. */
export function pattern(length: number, name: string): string {
  const lines: string[] = [];
  for (let at = 0; at < length; at += 16) lines.push(`${name}:${at}`.padEnd(15, '.').slice(0, 15));
  return lines.join(' ').padEnd(length, '.').slice(0, length);
}

/** Length and hash: a failure does not print megabytes. */
export function digest(text: string): string {
  return `${text.length} ${createHash('sha256').update(text).digest('hex')}`;
}

export function textResult(value: string): { content: [{ type: 'text'; text: string }] } {
  return { content: [{ type: 'text', text: value }] };
}
