import { type Address, formatNpub, parseRelayUrl } from './address.ts';
import { DecodeError } from './errors.ts';
import { type EventTemplate, isHex32, type NostrEvent, parseEvent, tagValue, verifyEvent } from './event.ts';
import { SUCCESSOR_KIND } from './kinds.ts';
import { limits } from './limits.ts';

/** By its former key's word a server has another key (WIRE.md, section 9). */
export interface Succession {
  /** The former key, 64 lower-case hex characters. */
  former: string;
  /** The key that follows it; relays only where the statement names some. */
  successor: Address;
  /** Seconds. */
  announcedAt: number;
}

/** What the former key signs, once. Its content is for people who come across it. */
export function successorTemplate({ former, successor, announcedAt }: Succession): EventTemplate {
  const { pubkey, relays } = successor;
  return {
    kind: SUCCESSOR_KIND,
    created_at: announcedAt,
    tags: [['p', pubkey], ...relays.map((url) => ['relay', url])],
    content: `The MCP server ${formatNpub(former)} has another key from now on: ${formatNpub(pubkey)}.`,
  };
}

/**
 * Reads such a statement of this key, cheapest check first.
 * @throws {DecodeError} `bad_successor`, `bad_event`, `bad_signature`
 */
export function readSuccessor(value: unknown, former: string, nowSeconds: number): Succession {
  const event = parseEvent(value);
  const pubkey = tagValue(event, 'p') ?? '';
  if (event.kind !== SUCCESSOR_KIND) throw bad(`it is of kind ${event.kind}`);
  if (event.pubkey !== former) throw bad(`it is of ${event.pubkey}, and not of ${former}`);
  if (!isHex32(pubkey)) throw bad('it names no key');
  if (pubkey === former) throw bad('it names the key itself');
  // The newest one counts where it is stored: one of a time to come could not be replaced any more.
  if (event.created_at > nowSeconds + limits.subscriptionLookbackSeconds) throw bad('its time is to come');
  if (!verifyEvent(event))
    throw new DecodeError('bad_signature', `the statement ${event.id} is not signed by ${former}`);
  return { former, successor: { pubkey, relays: relaysOf(event) }, announcedAt: event.created_at };
}

function relaysOf({ tags }: NostrEvent): string[] {
  const urls = tags.flatMap(([name, url]) => {
    try {
      return name === 'relay' && url !== undefined ? [parseRelayUrl(url)] : [];
    } catch {
      return []; // One bad hint does not spoil the others.
    }
  });
  return [...new Set(urls)].slice(0, limits.maxSuccessorRelays);
}

function bad(reason: string): DecodeError {
  return new DecodeError('bad_successor', `not a statement of a successor: ${reason}`);
}
