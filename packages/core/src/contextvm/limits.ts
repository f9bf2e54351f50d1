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
} as const;
