import type { RemoteSignerRecord } from '@mcp-nostr/client/remote-signer';
import { formatNpub, isHex32, isRecord, parseRelayUrl, parseSecretKey } from '@mcp-nostr/core';

import { hideSecretKey } from '../../log/redact.ts';

/** How the file of a key says that a remote signer holds it; the npub is for whoever looks. */
export function formatBunkerRecord({ clientKey, remote, relays, pubkey }: RemoteSignerRecord): string {
  const secret = Buffer.from(clientKey).toString('hex');
  hideSecretKey(secret);
  const fields = { version: 1, pubkey, remote, relays, clientKey: secret };
  return `# ${formatNpub(pubkey)}, held by a remote signer that knows us by the key in this file\n${JSON.stringify(fields)}\n`;
}

/** Undefined for what is no such line. */
export function parseBunkerRecord(line: string): RemoteSignerRecord | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    const fields: unknown = JSON.parse(line);
    if (!isRecord(fields) || fields['version'] !== 1) return undefined;
    const { pubkey, remote, relays, clientKey } = fields;
    if (typeof pubkey !== 'string' || !isHex32(pubkey)) return undefined;
    if (typeof remote !== 'string' || !isHex32(remote)) return undefined;
    if (typeof clientKey !== 'string' || !Array.isArray(relays) || relays.length === 0) return undefined;
    hideSecretKey(clientKey);
    const urls = relays.map((url: unknown) => parseRelayUrl(String(url)));
    return { pubkey, remote, relays: urls, clientKey: parseSecretKey(clientKey) };
  } catch {
    return undefined;
  }
}
