import type { NostrClientTransport } from '@mcp-nostr/client';
import { type Address, formatAddress } from '@mcp-nostr/core';
import type { RelayState } from '@mcp-nostr/transport';

import type { ClientTransport, Log, OpenTransport } from '../client-transport.ts';
import type { OpenedKey } from '../keys/open-signer.ts';
import type { Say } from '../log/log-options.ts';
import { relayLines } from '../relay-lines.ts';
import { clientRelays } from '../relay-options.ts';
import { pinned, type PinMode } from '../pins/pin-options.ts';
import { shellWord } from '../shell-word.ts';
import { FollowingTransport } from '../successors/following-transport.ts';
import { hostStack } from './host-stack.ts';
import type { Upstream } from './joined/resolve-upstreams.ts';

interface WayOptions {
  relay?: string[];
  key?: string;
  encryption: 'required' | 'none';
  pins?: PinMode;
  session?: number;
}

export interface OpenNostrOptions {
  /** Loaded late, because the first answer to a host does not wait for it. */
  Transport: typeof NostrClientTransport;
  key: OpenedKey;
  options: WayOptions;
  say: Say;
}

/**
 * The way to each server of a command line. With `isHost` as a host on stdio has it, which is answered whether the
 * server can be reached or not; without it a connection as it is.
 */
export function openNostr({
  Transport,
  key,
  options,
  say,
}: OpenNostrOptions): (upstream: Upstream, isHost: boolean) => OpenTransport {
  return ({ prefix, address, server }: Upstream, isHost: boolean): OpenTransport => {
    const named = (line: string): string => (prefix === undefined ? line : `${prefix}: ${line}`);
    const onlog: Log = (line) => say('info', named(line));
    const showRelay = relayLines(
      (line, level) => say(level, named(line)),
      (_style, text) => text,
    );
    const openAt = (at: Address, onrelay?: (state: RelayState) => void): NostrClientTransport =>
      new Transport({
        server: formatAddress(at),
        signer: key.signer,
        ...key.sessionAt(at.pubkey, options.session),
        ...clientRelays(at, options.relay),
        encryption: options.encryption,
        onrelay: (state) => {
          showRelay(state);
          onrelay?.(state);
        },
      });
    const open = (onrelay?: (state: RelayState) => void): ClientTransport =>
      new FollowingTransport({ open: (at) => openAt(at, onrelay), address: server, onlog });
    const watched = (below: OpenTransport): OpenTransport =>
      pinned(below, {
        mode: options.pins ?? 'warn',
        pubkey: server.pubkey,
        address: shellWord(address),
        refusal: isHost ? 'tool-result' : 'error',
        hidesUnseen: true,
        onnews: (level, line) => say(level, named(line)),
      });
    if (!isHost) return watched(() => open());
    const words = wordsFor(address, options);
    // What a host was shown without `block` is not shown from memory with it.
    const caller = options.pins === 'block' ? `${key.pubkey}.block` : key.pubkey;
    return hostStack({ open, pubkey: server.pubkey, words, caller, onlog, pinned: watched });
  };
}

/** What `doctor` has to be told to go the same way. */
export function wordsFor(server: string, { relay = [], key, encryption }: WayOptions): string {
  const options = [
    ...relay.flatMap((url) => ['--relay', url]),
    ...(key === undefined ? [] : ['--key', key]),
    ...(encryption === 'required' ? [] : ['--encryption', encryption]),
  ];
  return [server, ...options].map(shellWord).join(' ');
}
