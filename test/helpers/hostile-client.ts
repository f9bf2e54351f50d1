import { type JsonRpcMessage, type LinkTag, type NostrEvent, parseLinkTag } from '@mcp-nostr/core';

import { type Craft, Forger, initialize } from './forger.ts';
import { linkOf } from './link-of.ts';
import type { Recorder } from './recorder.ts';
import type { World } from './world.ts';

/** A client without a link of its own: it says what a test wants, in plain text, on a connection that it has opened. */
export class HostileClient {
  readonly forger: Forger = new Forger();
  readonly #world: World;
  readonly #traffic: Recorder<NostrEvent>;
  #instance = '';
  #next = 1;

  constructor(world: World, traffic: Recorder<NostrEvent>) {
    this.#world = world;
    this.#traffic = traffic;
  }

  async open(): Promise<this> {
    this.say({ messages: [initialize], link: { sequence: 0 } });
    this.#instance = (await this.heard(() => true)).instance;
    return this;
  }

  /** Where `craft` says nothing of it, with the next number. */
  say({ link = {}, ...craft }: Craft): NostrEvent {
    const { pubkey } = this.#world.server;
    const isNumbered = link.sequence === undefined && link.control === undefined;
    const header: Partial<LinkTag> = { instance: this.#instance, ...link };
    if (isNumbered) header.sequence = this.#next++;
    const event = this.forger.craft(pubkey, { ...craft, link: header });
    this.#world.inject(event, pubkey);
    return event;
  }

  /** Calls a tool that leaves a trace when it is executed. */
  count(key: string, id: string = key): NostrEvent {
    return this.say({ messages: [countCall(key, id)] });
  }

  /** What the server has said to it so far. */
  get answers(): NostrEvent[] {
    const { connection } = this.forger;
    return this.#traffic.items.filter(
      (event) => event.pubkey !== this.forger.pubkey && linkOf(event)?.connection === connection,
    );
  }

  /** The first thing like this that the server says to it. */
  async heard(matches: (link: LinkTag, event: NostrEvent) => boolean): Promise<LinkTag> {
    const { connection, pubkey } = this.forger;
    const event = await this.#traffic.first((each) => {
      const link = linkOf(each);
      return each.pubkey !== pubkey && link?.connection === connection && matches(link, each);
    });
    return parseLinkTag(event.tags);
  }

  /** The server ends the connection; gives its reason. */
  async ended(): Promise<string> {
    return (await this.heard(({ control }) => control === 'bye')).detail ?? '';
  }
}

function countCall(key: string, id: string): JsonRpcMessage {
  return { jsonrpc: '2.0', id, method: 'tools/call', params: { name: 'count', arguments: { key } } };
}
