import {
  isRecord,
  type JsonRpcMessage,
  type JsonRpcNotification,
  metaKeys,
  type RequestId,
} from '@mcp-nostr/core';
import { type FilterRules, type Kind, kinds } from '@mcp-nostr/core/filter';

type Names = readonly FilterRules[];

/** In `capabilities` and in names of methods, and in what a client of MCP 2026-07-28 listens for. */
const LISTS: Readonly<Record<Kind, { list: string; flag: string }>> = {
  tool: { list: 'tools', flag: 'toolsListChanged' },
  resource: { list: 'resources', flag: 'resourcesListChanged' },
  prompt: { list: 'prompts', flag: 'promptsListChanged' },
};

/** Tells a client that other names are there for it now, if its MCP server is one that tells of changes. */
export class ListNews {
  /** Lists of which every client is told (MCP 2025-11-25 and earlier). */
  #announced: ReadonlySet<Kind> = new Set();

  /** What the MCP server says. */
  heard(message: JsonRpcMessage): void {
    if (!('result' in message) || typeof message.result['protocolVersion'] !== 'string') return;
    const { capabilities } = message.result;
    const has = (kind: Kind): boolean => {
      const of = isRecord(capabilities) ? capabilities[LISTS[kind].list] : undefined;
      return isRecord(of) && of['listChanged'] === true;
    };
    this.#announced = new Set(kinds.filter(has));
  }

  /** `listens`: the requests to listen that are open, with their params (MCP 2026-07-28). */
  of(
    before: Names,
    after: Names,
    listens: readonly (readonly [RequestId, Record<string, unknown> | undefined])[],
  ): JsonRpcNotification[] {
    const changed = kinds.filter((kind) => textOf(before, kind) !== textOf(after, kind));
    return changed.flatMap((kind) => {
      const { list, flag } = LISTS[kind];
      const notification = { jsonrpc: '2.0' as const, method: `notifications/${list}/list_changed` };
      const asked = listens.filter(([, params]) => {
        const notifications = params?.['notifications'];
        return isRecord(notifications) && notifications[flag] === true;
      });
      return [
        ...(this.#announced.has(kind) ? [notification] : []),
        ...asked.map(([id]) => ({ ...notification, params: { _meta: { [metaKeys.subscriptionId]: id } } })),
      ];
    });
  }
}

function textOf(names: Names, kind: Kind): string {
  const texts = names.map(({ [kind]: rules }) =>
    rules === undefined ? [] : [rules.allow.map(({ text }) => text), rules.deny.map(({ text }) => text)],
  );
  return JSON.stringify(texts.filter((each) => each.length > 0));
}
