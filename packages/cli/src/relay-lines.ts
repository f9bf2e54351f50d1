import type { RelayState } from '@mcp-nostr/transport';

import { formatDuration, oneLine, type Paint } from './terminal.ts';

/** Prints how relays are, each as it changes: one that stays away is reported once and not at every attempt. */
export function relayLines(
  print: (line: string, level: 'info' | 'warn') => void,
  paint: Paint,
): (state: RelayState) => void {
  const last = new Map<string, string>();
  return (state) => {
    const line = formatRelayState(state, paint);
    if (line === undefined || last.get(state.url) === line) return;
    last.set(state.url, line);
    print(line, state.status === 'ready' ? 'info' : 'warn');
  };
}

/** `✓ wss://relay.one  41 ms`; undefined for a state that needs no line. */
function formatRelayState({ url, status, reason, latencyMs }: RelayState, paint: Paint): string | undefined {
  if (status === 'ready') {
    const latency = latencyMs === undefined ? '' : paint('dim', `  ${formatDuration(latencyMs)}`);
    return `${paint('green', '✓')} ${url}${latency}`;
  }
  if (status !== 'waiting') return undefined;
  return `${paint('red', '✗')} ${url}  ${oneLine(reason ?? 'not reachable', 160)}${paint('dim', '; trying on')}`;
}
