import { AUTH_KIND, GRANT_KIND, MESSAGE_KIND } from '@mcp-nostr/core';

/** All that a session needs of its identity: grants, and their end. */
export const grantPermissions: readonly string[] = [`sign_event:${GRANT_KIND}`];

/** Where the identity itself signs each message, and decrypts each answer. Wraps are made without it. */
export const messagePermissions: readonly string[] = [
  `sign_event:${MESSAGE_KIND}`,
  `sign_event:${AUTH_KIND}`,
  'nip44_decrypt',
];
