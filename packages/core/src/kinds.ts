/** The signed JSON-RPC message (ContextVM base protocol). Ephemeral range of NIP-01. */
export const MESSAGE_KIND = 25_910;
/** An identity lets a session key speak for it, or does so no more (WIRE.md, section 9). Never published. */
export const GRANT_KIND = 25_911;
/** A stored gift wrap (NIP-59), for peers that know no other. */
export const GIFT_WRAP_KIND = 1059;
/** An ephemeral gift wrap (NIP-59): relays must not store it. The default. */
export const EPHEMERAL_GIFT_WRAP_KIND = 21_059;
/** The relays on which a key can be reached (NIP-65). */
export const RELAY_LIST_KIND = 10_002;
/** What a key says of itself to people (NIP-01). */
export const PROFILE_KIND = 0;
/** Its author takes events back (NIP-09). */
export const DELETION_KIND = 5;
/** A server announces itself: what it answers to `initialize` (CEP-6). The four lists follow it. */
export const ANNOUNCEMENT_KIND = 11_316;
export const TOOLS_KIND = 11_317;
export const RESOURCES_KIND = 11_318;
export const RESOURCE_TEMPLATES_KIND = 11_319;
export const PROMPTS_KIND = 11_320;
/** A server's former key names the one that follows it (WIRE.md, section 9). */
export const SUCCESSOR_KIND = 15_911;
/** The answer to a relay's challenge (NIP-42). */
export const AUTH_KIND = 22_242;

/** NIP-01: a relay forwards kinds from 20000 to 29999 to whoever is subscribed and keeps none. */
export function isEphemeral(kind: number): boolean {
  return kind >= 20_000 && kind < 30_000;
}

/** NIP-01: of kinds 0, 3 and 10000 to 19999 only the newest event of an author counts. */
export function isReplaceable(kind: number): boolean {
  return kind === 0 || kind === 3 || (kind >= 10_000 && kind < 20_000);
}

/** NIP-01: of kinds 30000 to 39999 only the newest event of an author and `d` tag counts. */
export function isAddressable(kind: number): boolean {
  return kind >= 30_000 && kind < 40_000;
}
