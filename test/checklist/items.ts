/**
 * What a transport can break, line by line. Every line has at least one requirement.
 */
export const items = {
  // Framing and data
  'framing.text': 'UTF-8: astral characters, lone surrogates, U+2028, NUL, BOM, long strings, newlines',
  'framing.ids': 'ids: 0, large integers, strings, strings that look like numbers; echoed with their type',
  'framing.shared-ids': 'the same id in use by two connections of one key, and by two keys, at once',
  'framing.unknown-keys': 'unknown keys survive both ways: top level, _meta, progressToken of either kind',
  'framing.json':
    'structured content of every JSON type, $ref and $defs, floats, 1e21, large integers as text',
  'framing.params': 'empty parameters and none, error.data, errors without an id',
  'framing.garbage': 'batches, no objects, malformed JSON, wrong jsonrpc: rejected, the connection survives',
  'framing.size': 'around the size of a frame, an image of 3 MiB, above the bound, interleaved, unfinished',
  // Requests and responses
  'requests.concurrent': '100 concurrent requests, slow and fast, notifications between them',
  'requests.once': 'a repeated delivery executes once and resolves once',
  'requests.errors': 'late responses, error codes, throwing handlers, unknown methods, invalid results',
  'requests.timeouts': 'request time-outs, maxTotalTimeout, resetTimeoutOnProgress',
  'requests.relays-down': 'all relays down rejects promptly; one of two is not noticed',
  'requests.silence': 'a silent server, one that is offline, one that appears later',
  // Notifications
  'notifications.progress': 'progress in order, none lost before the response, none after it, string tokens',
  'notifications.cancellation':
    'cancellation while queued, while running, of unknown ids, of initialize, of id 0',
  'notifications.logging': 'logging/setLevel per connection; per-request logLevel, silence without it',
  'notifications.list-changed': 'list_changed unsolicited or to listeners alone; made on A, seen on B',
  'notifications.resources': 'subscribe, updated, unsubscribe per connection; the filter of a listen',
  'notifications.listen': 'acknowledged first, subset, subscriptionId, two at once, every end, nothing after',
  // Requests of the server, multi round-trip requests, tasks
  'server-requests': 'sampling, elicitation, roots, ping; nested, in parallel, unsupported, client gone',
  'multi-round-trip': 'several inputs and rounds, requestState, another connection, prompts and resources',
  tasks: 'tasks of 2025-11-25; the extension: create, get, update, cancel, reconnect, another key',
  // Lifecycle and eras
  'lifecycle.matrix': 'every cell of the version matrix, the probe, the corrective retry, a prior verdict',
  'lifecycle.refusals': 'modern requests to an old server, claim-less ones, a second initialize',
  'lifecycle.close': 'close by either side, twice, during connect, during send; onclose once',
  'lifecycle.restart': 'a restart of the server or client, eviction and return, clocks',
  'lifecycle.reconnect': 'sessionId before connect; a closed client with a new transport',
  'lifecycle.identity': 'instructions, serverInfo, clientInfo, extensions, experimental: unchanged',
  'lifecycle.lists': 'pagination, cache hints, order, completion with context',
  'lifecycle.long-calls': 'a long call with progress while a relay reconnects',
  // Security
  'security.forgery': 'forged, replayed and stale events do not reach the SDK',
  'security.strangers': 'a key can do nothing with what belongs to another',
  'security.identity': "the caller's key reaches handlers; what a caller says of itself does not count",
  'security.limits': 'bounds per key; a caller without permission costs one answer',
  'security.bridges': 'nothing but MCP on stdout, no secret in arguments or logs, a clean environment',
} as const;

export type ItemId = keyof typeof items;
