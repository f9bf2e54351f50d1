import { isRecord } from '../event.ts';
import {
  isRequest,
  isResponse,
  type JsonRpcErrorResponse,
  type JsonRpcMessage,
  type JsonRpcNotification,
  type JsonRpcRequest,
  type JsonRpcResultResponse,
} from '../json-rpc.ts';
import { admitsName, admitsUri, type FilterRules, type Kind } from './rules.ts';

type Params = Record<string, unknown>;

/** What becomes of a message to the server: it goes there, is answered in its place, or (neither) is dropped. */
export interface Verdict {
  readonly message?: JsonRpcMessage;
  readonly answer?: JsonRpcErrorResponse;
}

/** MCP and both SDKs name an unknown tool, prompt and resource by it. */
const INVALID_PARAMS = -32_602;
/** So much of a name is said back. */
const MAX_SHOWN_LENGTH = 200;

/**
 * Takes tools, resources and prompts out of what passes between a client and a server, from the lists and from use.
 * It remembers nothing: what it does with a message depends on that message alone, so there is no id to reuse and no
 * order to exploit. What it refuses does not depend on what the server has.
 */
export class Filter {
  readonly rules: FilterRules;

  constructor(rules: FilterRules) {
    this.rules = rules;
  }

  /** A message of the client. */
  toServer(message: JsonRpcMessage): Verdict {
    if (isResponse(message)) return { message };
    const checked = plain(message);
    if (isRequest(checked) && checked.method === 'subscriptions/listen')
      return { message: this.#withoutSubscriptions(checked) };
    const objection = this.#objection(checked);
    if (objection === undefined) return { message: checked };
    // A notification has no business with any of these; a server that obeyed one would be past the filter.
    return isRequest(checked) ? { answer: { jsonrpc: '2.0', id: checked.id, error: objection } } : {};
  }

  /** A message of the server; undefined when it is not for the client. */
  toClient(message: JsonRpcMessage): JsonRpcMessage | undefined {
    if ('result' in message) return this.#withoutHidden(message);
    if ('method' in message && message.method === 'notifications/resources/updated')
      return this.#admits('resource', message.params?.['uri']) ? message : undefined;
    return message;
  }

  #objection({ method, params = {} }: JsonRpcRequest | JsonRpcNotification): Objection | undefined {
    if (method === 'tools/call') return this.#check('tool', params['name']);
    if (method === 'prompts/get') return this.#check('prompt', params['name']);
    if (method === 'completion/complete') return this.#checkReference(params['ref']);
    // Extensions have more of these.
    if (!method.startsWith('resources/') || !('uri' in params)) return undefined;
    return this.#check('resource', params['uri']);
  }

  #check(kind: Kind, name: unknown): Objection | undefined {
    return this.#admits(kind, name) ? undefined : notFound(kind, name);
  }

  /** By all that it names: its `type` is not what every server goes by. */
  #checkReference(ref: unknown): Objection | undefined {
    if (!isRecord(ref)) return undefined;
    const prompt = 'name' in ref ? this.#check('prompt', ref['name']) : undefined;
    return prompt ?? ('uri' in ref ? this.#checkTemplate(ref['uri']) : undefined);
  }

  #checkTemplate(uriTemplate: unknown): Objection | undefined {
    return this.#admitsTemplate(uriTemplate) ? undefined : notFound('resource', uriTemplate);
  }

  /** MCP 2026-07-28 subscribes to resources with a list, beside other things; of one that is not there no news comes. */
  #withoutSubscriptions(message: JsonRpcRequest): JsonRpcRequest {
    const { notifications } = message.params ?? {};
    if (!isRecord(notifications) || !Array.isArray(notifications['resourceSubscriptions'])) return message;
    const resourceSubscriptions = notifications['resourceSubscriptions'].filter((uri) =>
      this.#admits('resource', uri),
    );
    return {
      ...message,
      params: { ...message.params, notifications: { ...notifications, resourceSubscriptions } },
    };
  }

  /**
   * Lists are told by what is in them and not by the request: an id can be used twice, and an answer can come late.
   */
  #withoutHidden(answer: JsonRpcResultResponse): JsonRpcMessage {
    const { result } = answer;
    const lists: Params = {};
    const keep = (key: string, isThere: (item: Params) => boolean): void => {
      const list = result[key];
      if (Array.isArray(list)) lists[key] = list.filter((item) => isRecord(item) && isThere(item));
    };
    if (this.rules.tool !== undefined) keep('tools', ({ name }) => this.#admits('tool', name));
    if (this.rules.prompt !== undefined) keep('prompts', ({ name }) => this.#admits('prompt', name));
    if (this.rules.resource !== undefined) {
      keep('resources', ({ uri }) => this.#admits('resource', uri));
      keep('resourceTemplates', ({ uriTemplate }) => this.#admitsTemplate(uriTemplate));
    }
    return Object.keys(lists).length === 0 ? answer : { ...answer, result: { ...result, ...lists } };
  }

  #admits(kind: Kind, name: unknown): boolean {
    const rules = this.rules[kind];
    if (rules === undefined) return true;
    if (typeof name !== 'string') return false;
    return kind === 'resource' ? admitsUri(rules, name) : admitsName(rules, name);
  }

  /** By its text. What is read with it is a URI, and goes by that. */
  #admitsTemplate(uriTemplate: unknown): boolean {
    const { resource } = this.rules;
    if (resource === undefined) return true;
    return typeof uriTemplate === 'string' && admitsName(resource, uriTemplate);
  }
}

type Objection = JsonRpcErrorResponse['error'];

/** In the words of the SDKs. */
function notFound(kind: Kind, name: unknown): Objection {
  const shown = typeof name === 'string' ? name.slice(0, MAX_SHOWN_LENGTH) : 'without a name';
  const noun = { tool: 'Tool', resource: 'Resource', prompt: 'Prompt' }[kind];
  return { code: INVALID_PARAMS, message: `${noun} ${shown} not found` };
}

/**
 * A message without keys that differ from those that are looked at in capitals only: some servers (Go's JSON package
 * makes them) would read `Name` after `name`, which nobody has checked.
 */
function plain<Message extends JsonRpcRequest | JsonRpcNotification>(message: Message): Message {
  const { params } = message;
  const checked = withoutLookalikes(message, ['jsonrpc', 'id', 'method', 'params']);
  if (params === undefined) return checked;
  const checkedParams = withoutLookalikes(params, ['name', 'uri', 'ref', 'notifications']);
  const { ref, notifications } = checkedParams;
  if (isRecord(ref)) checkedParams['ref'] = withoutLookalikes(ref, ['type', 'name', 'uri']);
  if (isRecord(notifications))
    checkedParams['notifications'] = withoutLookalikes(notifications, ['resourceSubscriptions']);
  return { ...checked, params: checkedParams };
}

/** A copy. */
function withoutLookalikes<T extends object>(record: T, keys: readonly string[]): T {
  const copy = { ...record };
  for (const key of Object.keys(copy)) {
    const isLookalike = keys.some((each) => key !== each && visiblyEqual(key, each));
    if (isLookalike) Reflect.deleteProperty(copy, key);
  }
  return copy;
}

function visiblyEqual(a: string, b: string): boolean {
  return a.normalize('NFKC').toLowerCase() === b.toLowerCase();
}
