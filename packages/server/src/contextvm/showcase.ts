import { metaKeys, metaOf } from '@mcp-nostr/core';

import { limits } from '../limits.ts';
import type { McpServerLike } from '../mcp-server.ts';
import type { Permission } from '../policy.ts';
import { LEGACY_VERSIONS } from '../version-gate.ts';
import { AnswerError, type Fields, OwnCaller, type OwnCallerOptions } from './own-caller.ts';
import { type Ask, readLists, type ShownLists } from './shown-lists.ts';

/** What an MCP server shows to strangers. */
export interface Shown {
  /** The result of `initialize`; of a server that has none, what it says of itself in the same form. */
  initialize: Fields;
  /** The result of `server/discover`, of a server that speaks MCP 2026-07-28. */
  discover: Fields | undefined;
  lists: ShownLists;
}

export interface ShowcaseOptions<Mcp extends McpServerLike> extends Omit<
  OwnCallerOptions<Mcp>,
  'permission' | 'onnotification' | 'onclosed'
> {
  permission: () => Permission;
  /** It shows something else now, or has ended. */
  onchange: (isOver: boolean) => void;
}

interface Session<Mcp extends McpServerLike> {
  caller: OwnCaller<Mcp>;
  ask: Ask;
  initialize: Fields;
  discover: Fields | undefined;
  capabilities: unknown;
}

const MODERN_VERSION = '2026-07-28';
const clientInfo = { name: 'mcp-nostr', version: '1' };

/** MCP 2026-07-28: each request says for itself who asks, and as what. */
const modernMeta = {
  [metaKeys.protocolVersion]: MODERN_VERSION,
  [metaKeys.clientInfo]: clientInfo,
  [metaKeys.clientCapabilities]: {},
};

/**
 * An MCP server of a stranger's own, open as long as what it shows is announced: its news of changes are for those who
 * are connected.
 */
export class Showcase<Mcp extends McpServerLike> {
  readonly #options: ShowcaseOptions<Mcp>;
  readonly #callers: Set<OwnCaller<Mcp>> = new Set();
  #session: Session<Mcp> | undefined;
  #isClosed = false;

  constructor(options: ShowcaseOptions<Mcp>) {
    this.#options = options;
  }

  get servers(): Mcp[] {
    return this.#session?.caller.servers ?? [];
  }

  /** Not two at once. @throws {Error} where the MCP server cannot be had, or does not answer */
  async look(): Promise<Shown> {
    this.#session ??= await this.#begin();
    const { ask, initialize, discover, capabilities } = this.#session;
    const lists = await readLists(capabilities, ask, this.#options.hosting.onerror);
    return { initialize, discover, lists };
  }

  /** What strangers may do is another now; where other names are there for them that is a change. */
  permit(permission: Permission): void {
    this.#session?.caller.permit(permission);
  }

  /** Resolves when the MCP servers have ended. Never rejects. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#session = undefined;
    await Promise.all([...this.#callers].map((caller) => caller.close()));
  }

  async #begin(): Promise<Session<Mcp>> {
    const legacy = await this.#legacy();
    if (!(legacy instanceof Error) && legacy.caller.isLegacyOnly) return legacy;
    const modern = await this.#modern();
    if (legacy instanceof Error) {
      if (modern === undefined) throw legacy;
      this.#listen(modern);
      return modern;
    }
    await modern?.caller.close();
    return { ...legacy, discover: modern?.discover };
  }

  /** What most clients and all of ContextVM's speak. The error of one who answers that it does not. */
  async #legacy(): Promise<Session<Mcp> | Error> {
    const caller = this.#open();
    try {
      await caller.start();
      const protocolVersion = LEGACY_VERSIONS[0];
      const initialize = await caller.request('initialize', {
        protocolVersion,
        capabilities: {},
        clientInfo,
      });
      caller.notify('notifications/initialized');
      const ask: Ask = (method, params) => caller.request(method, params);
      return { caller, ask, initialize, discover: undefined, capabilities: initialize['capabilities'] };
    } catch (error) {
      await caller.close();
      if (error instanceof AnswerError) return error;
      throw error;
    }
  }

  /** On a connection of its own: there are servers of earlier revisions that end when they are asked. */
  async #modern(): Promise<Session<Mcp> | undefined> {
    const caller = this.#open();
    try {
      await caller.start();
      const discover = await caller.request('server/discover', { _meta: modernMeta }, limits.ownDiscoverMs);
      const { capabilities, instructions } = discover;
      const serverInfo = metaOf(discover)?.[metaKeys.serverInfo] ?? { name: '', version: '' };
      const ask: Ask = (method, params) => caller.request(method, { ...params, _meta: modernMeta });
      const initialize = {
        protocolVersion: MODERN_VERSION,
        capabilities,
        serverInfo,
        ...(instructions !== undefined && { instructions }),
      };
      return { caller, ask, initialize, discover, capabilities };
    } catch {
      // It speaks earlier revisions only, as most do.
      await caller.close();
      return undefined;
    }
  }

  #listen({ caller }: Session<Mcp>): void {
    const notifications = {
      toolsListChanged: true,
      resourcesListChanged: true,
      promptsListChanged: true,
    };
    caller.request('subscriptions/listen', { _meta: modernMeta, notifications }, Infinity).then(
      () => caller.close(),
      () => {}, // it tells of no changes, or is gone, which is heard otherwise
    );
  }

  #open(): OwnCaller<Mcp> {
    if (this.#isClosed) throw new Error('the server is closed');
    const { hosting, stranger, permission, onchange } = this.#options;
    const caller: OwnCaller<Mcp> = new OwnCaller({
      hosting,
      stranger,
      permission: permission(),
      onnotification: (method) => {
        if (/^notifications\/(tools|resources|prompts)\/list_changed$/.test(method)) onchange(false);
      },
      onclosed: () => {
        this.#callers.delete(caller);
        if (this.#session?.caller !== caller) return;
        this.#session = undefined;
        onchange(true);
      },
    });
    this.#callers.add(caller);
    return caller;
  }
}
