/** Bounds of what peers without link send, each with its unit and its reason. */
export const contextvmLimits = {
  /** Payment methods that a peer names: more than anybody has wallets for. */
  maxPmis: 32,
  /** Characters of one. `bitcoin-lightning-bolt11`, the usual one, has 24. */
  maxPmiLength: 64,
  /** Characters of a server's name, shown in a line of a list. */
  maxNameLength: 256,
  /** Characters of what a server says of itself. */
  maxAboutLength: 4_096,
  /** Characters of a web address. */
  maxUrlLength: 2_048,
  /** Characters of one announcement. Relays take less: a list of a few hundred tools has 200,000. */
  maxAnnouncementLength: 524_288,
  /** Tools, resources, templates or prompts that are read of one list. */
  maxListed: 2_000,
  /** Relays that are read of a relay list; a server has a handful. */
  maxRelays: 16,
  /** Claims, prices and categories that are read of one announcement, of each sort. */
  maxClaims: 2_000,
  /** Characters of a category. */
  maxCategoryLength: 64,
  /** Characters of what a wallet is given; a Lightning invoice has a few hundred, tokens of a mint some thousand. */
  maxPayRequestLength: 16_384,
  /** How long a payment may take, in seconds: what a server says becomes a timer. */
  maxPaymentSeconds: 86_400,
  /** Characters of a progress token: it is repeated in each frame of a transfer or stream. */
  maxTokenLength: 256,
  /** Characters of a reason, a nonce, a type: what peers say beside the data. */
  maxNoteLength: 1_024,
  /** Chunks of one transfer. ContextVM's receivers take as many. */
  maxTransferChunks: 10_000,
  /** What a chunk costs beyond its text, in bytes: a place in a table. Empty ones would be for nothing otherwise. */
  chunkOverheadBytes: 128,
  /** Chunks of a stream that have come before one that is missing: a relay may mix up a few. */
  maxStreamChunksAhead: 64,
  /** And their bytes; ContextVM's receivers hold as many. */
  maxStreamBytesAhead: 524_288,
} as const;
