import { learnSupport, noSupport, type PeerSupport, readSupport } from '@mcp-nostr/core/contextvm';
import type { Form, IncomingBare } from '@mcp-nostr/transport';

import { bareClientLimits as limits } from './limits.ts';

/** What a server without link has shown of itself, by its announcement and by what it has said since. */
export class ServerFacts {
  /** How it is spoken to. */
  form: Form;
  /** Undefined while it has said nothing of what it can do. */
  support: PeerSupport | undefined;
  /** Where it was heard last. */
  relay: string | undefined;
  /** How far its clock is ahead of ours. */
  aheadSeconds: number = 0;

  constructor(form: Form, support: PeerSupport | undefined) {
    this.form = form;
    this.support = support;
  }

  learn({ event, message: { requestEvent, tags }, form, relay }: IncomingBare, nowSeconds: number): void {
    this.relay = relay;
    const ahead = event.created_at - nowSeconds;
    this.aheadSeconds = Math.max(this.aheadSeconds, Math.min(limits.maxAheadSeconds, ahead));
    // A server says it once to a key: who comes back with the same one is told nothing, and that says nothing either.
    const said = readSupport(tags);
    if (saysAnything(said)) this.support = learnSupport(this.support ?? noSupport, said);
    if (requestEvent === undefined || form === 'plain') return;
    this.form = this.support?.ephemeral === true ? 'ephemeral' : form;
  }
}

/** Other tags, as those of a price, come on messages that say nothing of what the server can do. */
function saysAnything({ encryption, ephemeral, oversized, openStream }: PeerSupport): boolean {
  return encryption || ephemeral || oversized || openStream;
}
