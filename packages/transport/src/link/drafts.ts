import type { Frame, LinkControl, LinkTag } from '@mcp-nostr/core';

import type { Inbound } from './inbound.ts';
import { linkLimits } from './limits.ts';
import type { LinkOptions } from './link-options.ts';
import type { Link } from './link.ts';
import { emptyContent } from './outbox.ts';
import type { Outbound } from './outbound.ts';
import type { Outgoing } from './traffic.ts';
import type { SentFrame } from './unacknowledged.ts';

/** What leaves: frames to be signed, each with what was received so far, and signed ones once more. */
export class Drafts {
  /** Something was lost: until something arrives, everything goes to all relays. */
  isRecovering = false;
  readonly #link: Link;
  readonly #options: LinkOptions;
  readonly #inbound: Inbound;
  readonly #outbound: Outbound;

  constructor(link: Link, options: LinkOptions, inbound: Inbound, outbound: Outbound) {
    this.#link = link;
    this.#options = options;
    this.#inbound = inbound;
    this.#outbound = outbound;
  }

  /** The relays in use take no frame with a message in it. */
  get isTooNarrow(): boolean {
    return this.#contentBytes < linkLimits.minContentBytes;
  }

  opening(now: number): Outgoing {
    const contentBytes = this.#contentBytes - (this.#options.credentialBytes?.() ?? 0);
    const isBold = this.#link.instance !== '';
    const sent = this.#outbound.opening(contentBytes, isBold, now);
    // A refusal names the event that it refuses, so no two may be the same where it matters which one that was.
    return this.#number(sent, true, isBold && sent.attempts > 0 ? { detail: this.#options.random() } : {});
  }

  /** What the peer lacks, once more. */
  repeat(now: number): Outgoing | undefined {
    const sent = this.#outbound.nextRepeat();
    if (sent?.event === undefined) return undefined;
    // In plain text a repetition must differ: relays swallow an id that they know.
    if (!this.#options.isWrapped) return this.#number(sent, true, { detail: this.#options.random() });
    this.#outbound.signed(sent, sent.event, now);
    return { from: this.#link, event: sent.event, sent, notBefore: 0, toAll: true };
  }

  probe(now: number): Outgoing {
    this.#inbound.asked(now);
    return this.#control('probe', true);
  }

  /** What was not sent yet, as far as the window allows. */
  next(now: number): Outgoing | undefined {
    const sent = this.#outbound.next(this.#contentBytes, now);
    return sent && this.#number(sent, this.isRecovering);
  }

  /** One by itself, where no frame has carried it in time. */
  acknowledgement(now: number): Outgoing | undefined {
    return this.#inbound.acknowledging.dueAt > now ? undefined : this.#control('ack', this.isRecovering);
  }

  bye(detail: string): Outgoing {
    return this.#number(this.#outbound.number(emptyContent(), 0), true, { control: 'bye', detail });
  }

  get #contentBytes(): number {
    return this.#options.frameBytes() - linkLimits.frameOverheadBytes;
  }

  #control(control: LinkControl, toAll: boolean): Outgoing {
    this.#inbound.acknowledging.carried(this.#options.clock(), true);
    return this.#draft({ control, detail: this.#options.random() }, toAll);
  }

  #number(sent: SentFrame, toAll: boolean, header: Partial<LinkTag> = {}): Outgoing {
    this.#inbound.acknowledging.carried(this.#options.clock(), false);
    return this.#draft({ sequence: sent.sequence, ...header }, toAll, sent);
  }

  #draft(header: Partial<LinkTag>, toAll: boolean, sent?: SentFrame): Outgoing {
    const { connection, instance } = this.#link;
    const { expected, hasGap, peerStamp } = this.#inbound;
    const link: LinkTag = { connection, acknowledged: expected, instance, ...header };
    if (hasGap) link.held = this.#inbound.ranges();
    const { content = '', requestEvent, relations, part } = sent?.content ?? {};
    const frame: Frame = { link, content };
    if (requestEvent !== undefined) frame.requestEvent = requestEvent;
    if (relations !== undefined) frame.relations = relations;
    if (part !== undefined) frame.part = part;
    return { from: this.#link, frame, sent, notBefore: peerStamp, toAll };
  }
}
