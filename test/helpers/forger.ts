import {
  encodeFrame,
  formatMessages,
  type MessagePart,
  generateSecretKey,
  getPublicKey,
  type JsonRpcMessage,
  type LinkTag,
  type NostrEvent,
  randomHex,
  secretKeySigner,
  type Signer,
  signEvent,
  wrapEvent,
} from '@mcp-nostr/core';

/** What a crafted event says other than an honest one. */
export interface Craft {
  messages?: JsonRpcMessage[];
  /** Instead of the messages, word for word. */
  content?: string;
  link?: Partial<LinkTag>;
  /** Instead of the tags of a frame. */
  tags?: string[][];
  kind?: number;
  /** In seconds; below 0 it is of the future. */
  age?: number;
  requestEvent?: string;
  part?: MessagePart;
  relations?: string[];
}

/** Signs events by hand with a key of its own. */
export class Forger {
  readonly pubkey: string;
  readonly signer: Signer;
  readonly connection: string = randomHex(16);
  readonly #key: Uint8Array;

  constructor(key: Uint8Array = generateSecretKey()) {
    this.#key = key;
    this.pubkey = getPublicKey(key);
    this.signer = secretKeySigner(key);
  }

  /** An inner event for this recipient; honest where `craft` says nothing. */
  craft(recipient: string, craft: Craft = {}): NostrEvent {
    const link: LinkTag = {
      connection: this.connection,
      sequence: 0,
      acknowledged: 0,
      instance: '',
      ...craft.link,
    };
    if (link.control !== undefined && link.control !== 'bye') delete link.sequence;
    const { requestEvent, part, relations } = craft;
    const frame = {
      link,
      content: craft.content ?? formatMessages(craft.messages ?? []),
      ...(requestEvent === undefined ? {} : { requestEvent }),
      ...(part === undefined ? {} : { part }),
      ...(relations === undefined ? {} : { relations }),
    };
    const template = encodeFrame(frame, recipient, Math.floor(Date.now() / 1000) - (craft.age ?? 0));
    return signEvent(
      {
        ...template,
        kind: craft.kind ?? template.kind,
        tags: craft.tags ?? template.tags,
      },
      this.#key,
    );
  }
}

/** The event with a signature that is not its author's. */
export function withWrongSignature(event: NostrEvent): NostrEvent {
  const sig = event.sig.startsWith('0') ? `1${event.sig.slice(1)}` : `0${event.sig.slice(1)}`;
  return { ...event, sig };
}

/** As it goes to a relay: in a wrap of its own, or as it is. */
export function dress(event: NostrEvent, recipient: string, encrypted: boolean): NostrEvent {
  return encrypted ? wrapEvent(event, recipient) : event;
}

/** `initialize`, the usual first message. */
export const initialize: JsonRpcMessage = {
  jsonrpc: '2.0',
  id: 'init',
  method: 'initialize',
  params: {
    protocolVersion: '2025-06-18',
    capabilities: {},
    clientInfo: { name: 'forger', version: '0' },
  },
};

/** A tool call that leaves a trace when it is executed. */
export function countCall(key: string): JsonRpcMessage {
  return { jsonrpc: '2.0', id: 'count', method: 'tools/call', params: { name: 'count', arguments: { key } } };
}
