import type { InboundOptions } from './inbound.ts';
import type { Expectation } from './traffic.ts';

/** What a link has from outside: clock, chance, and where its messages go. `onend` comes once, and not after `close()`. */
export interface LinkOptions extends InboundOptions {
  /** 32 lower-case hex characters, drawn by the client. */
  connection: string;
  /** The server's process: its own at the server; at a client the one that it takes the server for, empty without. */
  instance: string;
  /** The same signed event can travel again in a fresh wrap; in plain text it has to be signed anew. */
  isWrapped: boolean;
  /** Milliseconds that only grow. */
  clock: () => number;
  /** A value that no other frame has. */
  random: () => string;
  /** Bytes of plaintext that every relay in use takes. */
  frameBytes: () => number;
  /** Of them, those that an opening has no room for, since it shows its author's rights. @default 0 */
  credentialBytes?: (() => number) | undefined;
  /** Asked rather than told: what is waited for ends in many ways. @default 'nothing' */
  expects?: (() => Expectation) | undefined;
}
