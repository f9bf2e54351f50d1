import { expect, it } from 'vitest';

import { childEnvironment } from './child-environment.ts';

const ours = {
  PATH: '/bin',
  HOME: '/home/x',
  API_TOKEN: 't',
  OTHER: 'o',
  NOSTR_SECRET_KEY: 's',
  NOSTR_SECRET_KEY_FILE: '/s',
  NOSTR_CLIENT_KEY: 's',
  MCP_NOSTR_HOME: 'h',
  MCP_NOSTR_BUNKER: 'bunker://b?secret=s',
  MCP_NOSTR_SECRET_KEY_FILE: '/s',
  MCP_NOSTR_PASSWORD_FILE: '/p',
  MCP_NOSTR_CALLER: 'an outer caller',
};

it('a program sees all but our settings and keys, and who calls', () => {
  expect(childEnvironment(ours, { caller: { npub: 'npub1x', pubkey: 'ab' } })).toEqual({
    PATH: '/bin',
    HOME: '/home/x',
    API_TOKEN: 't',
    OTHER: 'o',
    MCP_NOSTR_CALLER: 'npub1x',
    MCP_NOSTR_CALLER_PUBKEY: 'ab',
  });
});

it('a program of all callers has none in its environment', () => {
  expect(Object.keys(childEnvironment(ours))).toEqual(['PATH', 'HOME', 'API_TOKEN', 'OTHER']);
});

it('with names given it sees these and what every program needs, and never a key of ours', () => {
  const names = ['API_TOKEN', 'NOT_SET', 'NOSTR_SECRET_KEY', 'MCP_NOSTR_HOME'];
  expect(childEnvironment(ours, { names })).toEqual({ PATH: '/bin', HOME: '/home/x', API_TOKEN: 't' });
});
