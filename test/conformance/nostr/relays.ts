import { type Relay, startRelay } from '@mcp-nostr/relay';

import { FaultRelay } from '../../helpers/fault-relay.ts';
import type { Faults } from '../../helpers/faults.ts';
import type { Way } from '../plan.ts';

/** One reader in ten does not get an event, one in ten gets it again, and they overtake each other. */
const faults: Partial<Faults> = { drop: 0.1, repeat: 0.1, reorder: 0.1, delayMs: { min: 0, max: 20 } };

/** The relays of one way, on free ports; the control has none. */
export function openRelays(way: Way, seed: number): Promise<Relay[]> {
  const opening: Record<Way, () => Promise<Relay>[]> = {
    HTTP: () => [],
    'one relay': () => [startRelay()],
    'two relays': () => [startRelay(), startRelay()],
    'bad relay': () => [FaultRelay.open({ seed, faults })],
  };
  return Promise.all(opening[way]());
}
