import type { RemoteSigner } from '@mcp-nostr/client/remote-signer';

import type { KeyName } from '../../key-file.ts';
import { hideSecret } from '../../log/redact.ts';
import { oneLine } from '../../terminal.ts';

export interface ConnectSignerOptions {
  /** Who is to act with the key: a client needs one signature per session, a server one per message. */
  role?: KeyName | undefined;
  /** The key that the signer is to know us by. */
  clientKey?: Uint8Array | undefined;
}

export interface OfferToSignerOptions extends ConnectSignerOptions {
  /** Shows what the signer has to read. */
  show: (uri: string) => void;
}

/** For people, and for the log of a host: stdout is for results. */
export function say(line: string): void {
  process.stderr.write(`mcp-nostr: ${line}\n`);
}

/** Connects to the signer of a `bunker://` address. @throws {AddressError} @throws {TransportError} `signer_failed` */
export async function connectSigner(
  address: string,
  { role, clientKey }: ConnectSignerOptions = {},
): Promise<RemoteSigner> {
  hideSecret(address.trim());
  const { connectBunker } = await import('@mcp-nostr/client/remote-signer');
  return connectBunker(address, {
    clientKey,
    permissions: await permissionsOf(role),
    onauthurl: showPage,
  });
}

/** Offers a signer to connect. @throws {TransportError} `signer_failed` */
export async function offerToSigner(
  relays: readonly string[],
  { role, show }: OfferToSignerOptions,
): Promise<RemoteSigner> {
  const { offerConnection } = await import('@mcp-nostr/client/remote-signer');
  const permissions = await permissionsOf(role);
  const offer = offerConnection({ relays, name: 'mcp-nostr', permissions, onauthurl: showPage });
  show(offer.uri);
  return offer.signer;
}

/** A page on which the signer wants its owner to approve. */
export function showPage(url: string): void {
  say(`your remote signer wants you to approve on this page: ${oneLine(url, url.length)}`);
}

async function permissionsOf(role: KeyName = 'client'): Promise<readonly string[]> {
  const { grantPermissions, messagePermissions } = await import('@mcp-nostr/client/remote-signer');
  return role === 'server' ? messagePermissions : grantPermissions;
}
