import type { FailureCode } from '@mcp-nostr/core';

/** The machine-readable prefixes with which a relay refuses (NIP-01, NIP-42), and what befalls the way to it. */
export type RelayErrorCode =
  | 'auth-required'
  | 'blocked'
  | 'duplicate'
  | 'error'
  | 'invalid'
  | 'mute'
  | 'pow'
  | 'rate-limited'
  | 'restricted'
  | 'unsupported'
  | 'unreachable'
  | 'closed';

const PREFIXES: ReadonlySet<string> = new Set<RelayErrorCode>([
  'auth-required',
  'blocked',
  'duplicate',
  'error',
  'invalid',
  'mute',
  'pow',
  'rate-limited',
  'restricted',
  'unsupported',
]);

/** A relay refused, or could not be reached. The message is the relay's own words where it has any. */
export class RelayError extends Error {
  override readonly name = 'RelayError';
  readonly code: RelayErrorCode;
  readonly relay: string;
  constructor(code: RelayErrorCode, relay: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.relay = relay;
  }
}

/**
 * Reads the reason of an OK or CLOSED. The prefix is looked for leniently: some relays write
 * `ERROR: auth-required: …`.
 */
export function refusal(relay: string, reason: string): RelayError {
  const words = reason.toLowerCase().split(':', 2);
  const prefixes = words.map((word) => word.trim()).filter(isPrefix);
  // `error:` says the least: what stands behind it is the reason.
  const code = prefixes.find((prefix) => prefix !== 'error') ?? 'error';
  return new RelayError(code, relay, reason === '' ? 'refused without a reason' : reason);
}

function isPrefix(word: string): word is RelayErrorCode {
  return PREFIXES.has(word);
}

export type TransportErrorCode = FailureCode | 'client_silent' | 'no_relays' | 'closed';

/** A message could not be brought to its recipient, or its fate is unknown. */
export class TransportError extends Error {
  override readonly name = 'TransportError';
  readonly code: TransportErrorCode;
  /** What the message says in a form for programs, such as the relays that were tried. */
  readonly data: Record<string, unknown>;
  constructor(
    code: TransportErrorCode,
    message: string,
    options: ErrorOptions & { data?: Record<string, unknown> } = {},
  ) {
    super(message, options);
    this.code = code;
    this.data = options.data ?? {};
  }
}

/** Whatever is not of the transport came out of the signer: its words are the reason. */
export function asSignerError(error: unknown): TransportError {
  if (error instanceof TransportError) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return new TransportError('signer_failed', `the signer refused: ${reason}`, { cause: error });
}
