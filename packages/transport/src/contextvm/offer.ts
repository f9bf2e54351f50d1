import type { NostrEvent } from '@mcp-nostr/core';

import type { Endpoint } from '../endpoint.ts';
import { TransportError } from '../errors.ts';
import type { PublishOutcome } from '../relay-publisher.ts';
import type { BareOutgoing } from './bare-outgoing.ts';
import { bareLimits } from './limits.ts';
import { pause } from './pause.ts';

/** What is said of one event's way. */
export interface OfferOptions extends Pick<BareOutgoing, 'form' | 'relay' | 'isRepeatable'> {
  endpoint: Endpoint;
  peer: string;
  /** One of the events of a large message. */
  isPart?: boolean;
  signal: AbortSignal;
}

/**
 * Brings a signed event to a peer that acknowledges nothing: what relays surely did not take is offered again, in a
 * fresh wrap, and so is what may be lost where a second copy does no harm.
 * @throws {TransportError} `relays_unreachable`, `closed`
 */
export async function offer(event: NostrEvent, options: OfferOptions): Promise<void> {
  const startedAt = performance.now();
  let congestionPauseMs: number = bareLimits.congestionPauseMs;
  for (let losses = 0; ;) {
    const outcome = await publish(event, options);
    if (outcome === 'accepted' || outcome === 'sent') return;
    if (outcome === 'lost' && (options.isRepeatable !== true || ++losses >= bareLimits.maxLosses)) return;
    const isMuted = outcome === 'muted';
    const patienceMs = isMuted ? bareLimits.muteGraceMs : bareLimits.offerTimeoutMs;
    if (performance.now() - startedAt > patienceMs) throw untaken(isMuted, options.endpoint);
    await pause(outcome === 'congested' ? congestionPauseMs : bareLimits.retryMs, options.signal);
    if (outcome === 'congested')
      congestionPauseMs = Math.min(2 * congestionPauseMs, bareLimits.maxCongestionPauseMs);
  }
}

/**
 * In a wrap to all relays: the peer takes the first copy. ContextVM's servers execute each copy of a plain message that
 * comes to them, so that goes to one relay, and to another only when that one surely has not taken it.
 */
function publish(event: NostrEvent, options: OfferOptions): Promise<PublishOutcome> {
  const { endpoint, peer, form, isPart = false, signal } = options;
  if (form !== 'plain' || endpoint.relayCount === 1)
    return endpoint.publish(event, peer, form, { signal, isPart });
  return publishToOne(event, options);
}

async function publishToOne(event: NostrEvent, options: OfferOptions): Promise<PublishOutcome> {
  const { endpoint, peer, relay: first, signal } = options;
  const asked = new Set<string>();
  let word: PublishOutcome | undefined;
  let refusal: unknown;
  for (;;) {
    const ready = endpoint.relays.filter(({ url, status }) => status === 'ready' && !asked.has(url));
    const relay = (ready.find(({ url }) => url === first) ?? ready[0])?.url;
    if (relay === undefined && asked.size > 0) {
      if (word === undefined) throw refusal;
      return word;
    }
    if (relay === undefined) {
      await endpoint.reached(bareLimits.reachTimeoutMs, signal);
      continue;
    }
    asked.add(relay);
    try {
      const outcome = await endpoint.publish(event, peer, 'plain', { relay, signal });
      // A relay that went away with it may have passed it on.
      if (outcome !== 'muted' && outcome !== 'congested') return outcome;
      if (word !== 'muted') word = outcome;
    } catch (error) {
      if (!(error instanceof TransportError) || error.code !== 'relays_unreachable') throw error;
      refusal = error;
    }
  }
}

function untaken(isMuted: boolean, { relays }: Endpoint): TransportError {
  const reason = isMuted ? 'nobody listens there' : 'they take no more for now';
  const list = relays.map(({ url }) => url).join(', ');
  return new TransportError('relays_unreachable', `no relay took the message: ${list} (${reason})`, {
    data: { relays: relays.map(({ url }) => ({ url, code: isMuted ? 'mute' : 'rate-limited', reason })) },
  });
}
