import type { Log, OpenTransport } from '../../client-transport.ts';
import { JoinedTransport } from './joined-transport.ts';

/** One server as it is, or several as one. */
export function openJoined(
  upstreams: readonly { prefix: string | undefined; open: OpenTransport }[],
  onlog: Log,
): OpenTransport {
  const [first] = upstreams;
  if (first !== undefined && first.prefix === undefined) return first.open;
  const named = upstreams.map(({ prefix = '', open }) => ({ prefix, open }));
  return () => new JoinedTransport({ upstreams: named, onlog });
}
