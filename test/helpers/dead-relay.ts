import { freePort } from './free-ports.ts';

/** The URL of a relay that is not there, and that no other test puts there. */
export async function deadRelayUrl(): Promise<string> {
  return `ws://127.0.0.1:${await freePort()}`;
}
