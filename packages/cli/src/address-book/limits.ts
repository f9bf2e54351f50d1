/** Every bound of names and of what they lead to, with its unit and its reason. */
export const limits = {
  /** The name of a server also begins the names of its tools where a host has several: as long as there. */
  maxNameLength: 24,
  /** Somebody waits for it; a domain that takes longer counts as one that cannot be reached. */
  lookupTimeoutMs: 5_000,
  /** Domains that cannot tell names apart answer with all of them: some 10,000 with their relays. */
  maxLookupBytes: 2_097_152,
  /** As many hints as an address that we make has. */
  maxRelays: 3,
  /** RFC 5321 allows 64 in front of the `@` and 255 behind it. */
  maxNip05Length: 320,
  /** An invite has 26 characters; a longer word is something else. */
  maxInviteLength: 128,
  /** An address of 5,000 characters, and what stands around it. */
  maxLinkLength: 8_192,
} as const;
