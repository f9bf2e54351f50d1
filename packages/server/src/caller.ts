/** Who is at the other end of a connection, as the verified signature says. */
export interface Caller {
  /** 64 lower-case hex characters. */
  pubkey: string;
  npub: string;
  /** 32 lower-case hex characters; one key may have several connections. */
  connectionId: string;
}
