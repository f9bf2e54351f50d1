import { McpServer } from '@modelcontextprotocol/server';

import { registerAskingTools } from './asking-tools.ts';
import { type ListName, registerChangeTools } from './change-tools.ts';
import { registerPrompts } from './prompts.ts';
import { stateCodec } from './request-state.ts';
import { registerResources } from './resources.ts';
import { registerRoundTools } from './round-tools.ts';
import { registerSchemaTools } from './schema-tools.ts';
import { registerTools } from './tools.ts';

/** Servers of SDK 2.x with all that the suite asks, one for each connection, and what they have in common. */
export class EverythingServers {
  readonly #live: Set<McpServer> = new Set();
  /** For those who listen elsewhere: over HTTP each request has a server of its own. */
  onchange: ((list: ListName) => void) | undefined;

  readonly create = (): McpServer => {
    const server = new McpServer(
      { name: 'everything-v2', version: '1.0.0' },
      {
        capabilities: {
          logging: {},
          tools: { listChanged: true },
          prompts: { listChanged: true },
          resources: { subscribe: true },
        },
        requestState: { verify: (state, context) => stateCodec.verify(state, context) },
      },
    );
    registerTools(server);
    registerAskingTools(server);
    registerRoundTools(server);
    registerSchemaTools(server);
    registerChangeTools(server, (list) => this.#announce(list));
    registerResources(server);
    registerPrompts(server);
    this.#live.add(server);
    server.server.onclose = () => this.#live.delete(server);
    return server;
  };

  /** A change that came about on one connection concerns the listeners of all. */
  async #announce(list: ListName): Promise<void> {
    this.onchange?.(list);
    const told = [...this.#live].map((server) =>
      list === 'tools' ? server.server.sendToolListChanged() : server.server.sendPromptListChanged(),
    );
    await Promise.allSettled(told); // one that has just gone needs no notice
  }
}
