import type { JsonRpcMessage } from '@mcp-nostr/core';
import type { PeerSupport } from '@mcp-nostr/core/contextvm';
import type { BareSender, Form, IncomingBare, UnfinishedMessages } from '@mcp-nostr/transport';

import type { PaymentOptions } from './payment-options.ts';

export interface BareSessionOptions {
  /** What the server has said first: it tells what it reads, and what time it is there. */
  first?: IncomingBare | undefined;
  /** What it has announced, where it was not heard yet, and how it is spoken to until it is. */
  announced?: { support: PeerSupport; form: Form } | undefined;
  /** What our names on the wire begin with: no other client with our key has it. */
  prefix: string;
  newSender: (
    takesOversized: () => boolean | undefined,
  ) => Pick<BareSender, 'send' | 'accepted' | 'refused' | 'close'>;
  /** Where answers in parts count, together with those over links. */
  unfinished: UnfinishedMessages;
  /** What each request says of us. */
  tags: () => string[][];
  /** Who pays what the server asks for. */
  payments?: PaymentOptions | undefined;
  /** Milliseconds that only grow. */
  clock: () => number;
  /** Seconds since 1970. */
  nowSeconds: () => number;
  /** For messages: what the server is called, and where it was looked for. */
  describe: () => { server: string; relays: string };
  /** `relation`: the JSON of the id of our request that the message belongs to. */
  onmessage: (message: JsonRpcMessage, relation?: string) => void;
  onerror: (error: Error) => void;
}
