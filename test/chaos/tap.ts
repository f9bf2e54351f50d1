import type { NostrClientTransport } from '@mcp-nostr/client';
import { isRequest, isResponse, type JsonRpcMessage } from '@mcp-nostr/core';

import type { Incident, IncidentKind } from './evidence.ts';

interface Sent {
  what: string;
  callId: string | undefined;
  isAnswered: boolean;
  progress: number;
}

/**
 * Looks at what passes between the SDK and the transport, where a second answer can still be seen: the SDK drops it.
 */
export class Tap {
  readonly #who: string;
  readonly #report: (incident: Incident) => void;
  /** By JSON-RPC id, which the SDK also takes as the progress token. */
  readonly #sent: Map<string | number, Sent> = new Map();

  constructor(who: string, report: (incident: Incident) => void) {
    this.#who = who;
    this.#report = report;
  }

  /** Before the SDK connects: it keeps the `onmessage` that it finds. */
  attach(transport: NostrClientTransport): void {
    const send = transport.send.bind(transport);
    transport.send = (message) => {
      this.onsend(message);
      return send(message);
    };
    transport.onmessage = (message) => this.onreceive(message);
  }

  onsend(message: JsonRpcMessage): void {
    if (!isRequest(message) || this.#sent.has(message.id)) return;
    const given: unknown = message.params?.['arguments'];
    const callId = isObject(given) && typeof given['id'] === 'string' ? given['id'] : undefined;
    const what = callId === undefined ? message.method : `call ${callId}`;
    this.#sent.set(message.id, { what, callId, isAnswered: false, progress: 0 });
  }

  onreceive(message: JsonRpcMessage): void {
    if (isResponse(message)) this.#onanswer(message.id);
    else if ('method' in message && message.method === 'notifications/progress') {
      this.#onprogress(isObject(message.params) ? message.params : {});
    }
  }

  #onanswer(id: string | number | undefined): void {
    const sent = id === undefined ? undefined : this.#sent.get(id);
    if (sent === undefined) return this.#note('stray message', `an answer to ${id}, which was not sent`);
    if (sent.isAnswered) this.#note('second answer', sent.what);
    sent.isAnswered = true;
  }

  #onprogress(params: Record<string, unknown>): void {
    const { progressToken: token, progress, message } = params;
    const sent = typeof token === 'number' || typeof token === 'string' ? this.#sent.get(token) : undefined;
    if (sent === undefined)
      return this.#note('stray message', `progress of ${String(token)}, which was not sent`);
    if (sent.isAnswered) this.#note('progress after the answer', sent.what);
    if (message !== sent.callId) this.#note('wrong progress', `${sent.what} got that of ${String(message)}`);
    if (typeof progress !== 'number' || progress <= sent.progress) {
      this.#note('wrong progress', `${sent.what}: ${String(progress)} after ${sent.progress}`);
    } else sent.progress = progress;
  }

  #note(kind: IncidentKind, text: string): void {
    this.#report({ kind, who: this.#who, text });
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
