/** Every bound of the wire in one place, each with its unit and its reason. */
export const limits = {
  /** NIP-44 v2 gives the length of the plaintext two bytes. */
  maxPlaintextBytes: 65_535,
  /**
   * Plaintext of one event when a relay says nothing of its limit: padded, encrypted and in base64 this makes an
   * event just below 64 KiB, the smallest common bound; one byte more falls into NIP-44's next padding step.
   */
  defaultFrameBytes: 40_960,
  /** How old an opening may be. Long enough for slow relays and unsynchronised clocks, short enough to remember. */
  maxAgeSeconds: 120,
  /** How far ahead of us a peer's clock may be. */
  maxFutureSeconds: 60,
  /**
   * How far back a subscription reaches. Relays apply `since` to live events too, so a peer whose clock is slow
   * would otherwise stay unheard; 15 minutes is also what relays commonly take from the future.
   */
  subscriptionLookbackSeconds: 900,
  /** JSON-RPC ids longer than this are refused: an id is repeated in every table on the way. */
  maxIdLength: 256,
  /**
   * Levels of arrays and objects in a message. Whoever reads it calls itself for each: JSON.stringify gives up at a few
   * thousand, Python's json at 1,000, others at less.
   */
  maxJsonDepth: 256,
  /** Relays that a statement of a successor names; an address that is shared has as many. */
  maxSuccessorRelays: 8,
  /** An event carries `p`, `e`, the link and perhaps a few discovery tags; more is not ours. */
  maxTags: 64,
  /** A message without a link may have a price of each tool (CEP-8); one of 64 KiB has no room for many more. */
  maxBareTags: 1_024,
  /** How long a grant may last: a session key that was stolen unnoticed is worth nothing after it. */
  maxGrantSeconds: 2_592_000,
  /** Scopes, and patterns of each kind, in a grant: more than a person reads before allowing it. */
  maxGrantItems: 64,
  /** Characters of one of them, as of a pattern anywhere. */
  maxGrantItemLength: 256,
  /** Of all of them as JSON: with keys, signature and sentence a grant then fits into its tag (8,192). */
  maxGrantLimitsLength: 6_144,
} as const;

/**
 * The largest plaintext that a relay with this bound on a whole message surely takes (NIP-11
 * `max_message_length`, bytes).
 */
export function frameBytesFor(maxMessageBytes: number | undefined): number {
  if (maxMessageBytes === undefined) return limits.defaultFrameBytes;
  // A wrap around the payload: tags, keys and signature as JSON, and the EVENT envelope.
  const envelopeBytes = 512;
  // NIP-44 adds version, nonce, MAC and length prefix (67 bytes); base64 takes 4 bytes for 3.
  const paddedBytes = Math.floor(((maxMessageBytes - envelopeBytes) * 3) / 4) - 67;
  // From 256 bytes on, padding goes in eighths of the next power of two: the floor of such a step is what fits.
  if (paddedBytes < 256) return Math.max(0, paddedBytes);
  const step = 2 ** (Math.floor(Math.log2(paddedBytes)) + 1 - 3);
  return Math.min(limits.maxPlaintextBytes, Math.floor(paddedBytes / step) * step);
}
