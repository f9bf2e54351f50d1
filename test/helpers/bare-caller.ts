import {
  generateSecretKey,
  getPublicKey,
  isRequest,
  isResponse,
  type JsonRpcMessage,
  type NostrEvent,
  secretKeySigner,
} from '@mcp-nostr/core';
import { Endpoint, type EndpointOptions, type Form, type IncomingBare } from '@mcp-nostr/transport';
import { onTestFinished } from 'vitest';

import { Recorder } from './recorder.ts';

/** What a test says of one message. */
export interface Saying {
  form?: Form;
  tags?: string[][];
  /** Seconds that its stamp differs from the time by. */
  late?: number;
}

/** An answer, or news, as it came. */
export interface Heard extends IncomingBare {
  json: JsonRpcMessage & Record<string, any>;
}

/** A program that talks to a server without a link, message by message. It closes with the test. */
export class BareCaller {
  readonly pubkey: string;
  readonly heard = new Recorder<Heard>('a message without a link');
  readonly #endpoint: Endpoint;
  readonly #server: string;
  readonly #form: Form;
  #count = 0;

  private constructor(server: string, endpoint: Endpoint, pubkey: string, form: Form) {
    this.#server = server;
    this.#endpoint = endpoint;
    this.pubkey = pubkey;
    this.#form = form;
  }

  static async open(
    server: { pubkey: string },
    relays: readonly string[],
    options: Partial<EndpointOptions> & { key?: Uint8Array; form?: Form } = {},
  ): Promise<BareCaller> {
    const { key = generateSecretKey(), form = 'ephemeral' } = options;
    const pubkey = getPublicKey(key);
    let reach = (): void => {};
    const reached = new Promise<void>((resolve) => {
      reach = resolve;
    });
    const endpoint: Endpoint = new Endpoint({
      pubkey,
      signer: secretKeySigner(key),
      relays: [...relays],
      encryption: 'optional',
      accepts: () => false,
      onframe: () => {},
      storedWraps: true,
      onreach: () => {
        if (endpoint.relays.every(({ status }) => status === 'ready')) reach();
      },
      onbare: (incoming) => {
        const json = JSON.parse(incoming.message.content) as Heard['json'];
        caller.heard.add({ ...incoming, json });
      },
      ...options,
    });
    const caller = new BareCaller(server.pubkey, endpoint, pubkey, form);
    onTestFinished(() => endpoint.close());
    await reached;
    return caller;
  }

  /** Signed, and not sent. */
  sign(message: object, { tags = [], late = 0 }: Saying = {}): Promise<NostrEvent> {
    const content = JSON.stringify({ jsonrpc: '2.0', ...message });
    const salted = [...tags, ['salt', String(++this.#count)]];
    return this.#endpoint.signBare(
      { tags: salted, content },
      this.#server,
      this.#endpoint.nowSeconds() - late,
    );
  }

  async publish(event: NostrEvent, form: Form = this.#form): Promise<void> {
    await this.#endpoint.publish(event, this.#server, form);
  }

  /** A notification, or a request whose answer nobody waits for; the id of its event. */
  async say(message: object, saying: Saying = {}): Promise<string> {
    const event = await this.sign(message, saying);
    await this.publish(event, saying.form);
    return event.id;
  }

  /** A request, and what answers it. */
  async ask(message: object, saying: Saying = {}): Promise<Heard> {
    return this.answer(await this.say(message, saying));
  }

  answer(event: string): Promise<Heard> {
    return this.heard.first(({ message, json }) => message.requestEvent === event && isResponse(json));
  }

  call(
    id: string | number,
    name: string,
    args: object = {},
    saying: Saying & { meta?: object } = {},
  ): Promise<Heard> {
    return this.ask(call(id, name, args, saying.meta), saying);
  }

  /** Says hello as SDKs do. */
  async initialize(saying: Saying & { capabilities?: object } = {}): Promise<Heard> {
    const params = {
      protocolVersion: '2025-11-25',
      capabilities: saying.capabilities ?? {},
      clientInfo: { name: 'bare', version: '1' },
    };
    const answer = await this.ask({ id: 'hello', method: 'initialize', params }, saying);
    await this.say({ method: 'notifications/initialized' }, saying);
    return answer;
  }

  /** News that nobody asked for, and what belongs to requests, by method. */
  get news(): string[] {
    return this.heard.items.flatMap(({ json }) =>
      'method' in json && !isRequest(json) ? [json.method] : [],
    );
  }
}

export function call(id: string | number, name: string, args: object = {}, meta?: object): object {
  return { id, method: 'tools/call', params: { name, arguments: args, ...(meta && { _meta: meta }) } };
}

/** The text of a tool's answer. */
export function textOf({ json }: Heard): unknown {
  return json['result']?.content?.[0]?.text;
}

/** The name of a failure. */
export function codeOf({ json }: Heard): unknown {
  return json['error']?.data?.code ?? json['error']?.code;
}
