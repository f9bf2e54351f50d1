import { isRecord, type JsonRpcMessage, type JsonRpcNotification } from '@mcp-nostr/core';

const LISTS = ['tools', 'prompts', 'resources'] as const;

/**
 * What a client is told when a server was started again, and may have other tools now: that the lists have changed of
 * which the server, in its answer to `initialize`, said that it would tell.
 */
export function listChanges(initialized: JsonRpcMessage): JsonRpcNotification[] {
  const capabilities = 'result' in initialized ? initialized.result['capabilities'] : undefined;
  if (!isRecord(capabilities)) return [];
  return LISTS.filter((list) => {
    const capability = capabilities[list];
    return isRecord(capability) && capability['listChanged'] === true;
  }).map((list) => ({ jsonrpc: '2.0', method: `notifications/${list}/list_changed` }));
}
