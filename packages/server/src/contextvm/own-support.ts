import type { PeerSupport } from '@mcp-nostr/core/contextvm';
import type { Encryption } from '@mcp-nostr/transport';

export interface OwnSupportOptions {
  encryption: Encryption;
  /** `false`: clients of ContextVM are not served. */
  contextvm: false | undefined;
  /** This process of the server. */
  instance: string;
}

/** What a server says that it can do, to clients that have no link and to those that have one. */
export function ownSupport({ encryption, contextvm, instance }: OwnSupportOptions): Partial<PeerSupport> {
  const [isEncrypted, isServed] = [encryption !== 'none', contextvm !== false];
  return {
    encryption: isEncrypted,
    ephemeral: isEncrypted,
    oversized: isServed,
    openStream: isServed,
    link: instance,
  };
}
