import { isRecord, isRequest, isResponse, type JsonRpcMessage } from '@mcp-nostr/core';

/** Who calls, as the verified signature says it. */
export interface ProvenIdentity {
  /** Whose rights the caller has, 64 lower-case hex characters. */
  pubkey: string;
  /** The event that carried the message. */
  event: string;
}

/** CEP-16 names them, in `params._meta`. */
const KEYS = ['clientPubkey', 'requestEventId'] as const;

/**
 * What a client says of itself under the names of CEP-16 is taken out of its message, whether anybody puts the truth
 * there or not: a server behind a gateway cannot tell one from the other. With `identity` the truth is in each request,
 * also in one that came without `params`: a list may depend on who asks for it.
 */
export function withIdentity(message: JsonRpcMessage, identity: ProvenIdentity | undefined): JsonRpcMessage {
  if (isResponse(message)) return message;
  const given = message.params?.['_meta'];
  const meta = isRecord(given) ? without(given) : given;
  if (identity === undefined || !isRequest(message))
    return meta === given ? message : { ...message, params: { ...message.params, _meta: meta } };
  const [clientPubkey, requestEventId] = KEYS;
  const proven = { [clientPubkey]: identity.pubkey, [requestEventId]: identity.event };
  return {
    ...message,
    params: { ...message.params, _meta: { ...(isRecord(meta) ? meta : {}), ...proven } },
  };
}

/** The same object where nothing of it has to go. */
function without(meta: Record<string, unknown>): Record<string, unknown> {
  if (!KEYS.some((key) => Object.hasOwn(meta, key))) return meta;
  const names: ReadonlySet<string> = new Set(KEYS);
  return Object.fromEntries(Object.entries(meta).filter(([key]) => !names.has(key)));
}
