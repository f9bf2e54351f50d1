import { freePorts } from './free-ports.ts';

/** The URL of a relay that is not there, and that no other test puts there. */
export async function deadRelayUrl(): Promise<string> {
  const [port] = await freePorts(1);
  return `ws://127.0.0.1:${port}`;
}
