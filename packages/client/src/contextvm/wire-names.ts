import {
  isRecord,
  type JsonRpcMessage,
  type JsonRpcNotification,
  type JsonRpcRequest,
  metaKeys,
  metaOf,
} from '@mcp-nostr/core';
import type { PeerSupport } from '@mcp-nostr/core/contextvm';
import { checkMessageSize, messageText } from '@mcp-nostr/transport';

import type { BareRequest } from './bare-request.ts';
import type { BareRequests } from './bare-requests.ts';
import { isStreamToken } from './streams.ts';

/** Whose answers may be too large for one event: with a token they can come in parts (CEP-22). */
const LARGE_ANSWERS: ReadonlySet<string> = new Set([
  'tools/call',
  'tools/list',
  'resources/read',
  'resources/list',
  'resources/templates/list',
  'prompts/get',
  'prompts/list',
]);

/** What the progress of a request is called on the wire, where it is asked for or the answer may come in parts. */
export function tokenOnWire(
  { request, ownToken }: BareRequest,
  wireId: string,
  support: PeerSupport | undefined,
): string | undefined {
  // Nobody else has the token of a stream, and its frames may come after the answer.
  if (isStreamToken(ownToken)) return ownToken;
  const mayBeLarge = support?.oversized !== false && LARGE_ANSWERS.has(request.method);
  return mayBeLarge || ownToken !== undefined ? wireId : undefined;
}

/** A request as it travels: with an id and a token that nobody else has, who may share our key. */
export function requestOnWire({ request, wireId, wireToken }: BareRequest): JsonRpcRequest {
  if (wireToken === undefined) return { ...request, id: wireId };
  const meta = { ...metaOf(request.params), progressToken: wireToken };
  return { ...request, id: wireId, params: { ...request.params, _meta: meta } };
}

/** What the application says of a request, by the names that the server knows. */
export function notificationOnWire(
  message: JsonRpcNotification,
  requests: BareRequests,
): JsonRpcNotification {
  if (message.method !== 'notifications/progress') return message;
  const token = message.params?.['progressToken'];
  const request = requests.all.find(({ ownToken }) => ownToken !== undefined && ownToken === token);
  if (request?.wireToken === undefined) return message;
  return withParams(message, { progressToken: request.wireToken });
}

/**
 * That nobody waits for a request any more. ContextVM's servers know it by the event that carried it, and put no other
 * name in that one's place.
 */
export function cancellationsOnWire(
  message: JsonRpcNotification,
  { events }: BareRequest,
): JsonRpcNotification[] {
  return [...events].map((requestId) => withParams(message, { requestId }));
}

/** A notification of the server with the application's own names; undefined when it is about nothing of ours. */
export function ownNotification<Message extends JsonRpcNotification>(
  message: Message,
  requests: BareRequests,
): Message | undefined {
  if (message.method !== 'notifications/progress') return withOwnSubscription(message, requests);
  const request = requests.byToken(message.params?.['progressToken']);
  // Without a token of the application's it was we who asked, for the sake of large answers.
  if (request?.ownToken === undefined) return undefined;
  return withParams(message, { progressToken: request.ownToken });
}

/** A subscription is named by its request: in ContextVM by the event that carried it. */
export function withOwnSubscription<Message extends JsonRpcMessage>(
  message: Message,
  requests: BareRequests,
): Message {
  const holder = 'method' in message ? 'params' : 'result';
  const held: unknown = holder in message ? Reflect.get(message, holder) : undefined;
  if (!isRecord(held)) return message;
  const meta = metaOf(held);
  const name = meta?.[metaKeys.subscriptionId];
  const request = typeof name === 'string' ? requests.named(name) : undefined;
  if (request === undefined) return message;
  return { ...message, [holder]: { ...held, _meta: { ...meta, [metaKeys.subscriptionId]: request.id } } };
}

/** What travels of a message. @throws {TransportError} `message_too_large` */
export function textOf(message: JsonRpcMessage): string {
  const text = messageText(message);
  checkMessageSize(text);
  return text;
}

function withParams<Message extends JsonRpcNotification>(
  message: Message,
  params: Record<string, unknown>,
): Message {
  return { ...message, params: { ...message.params, ...params } };
}
