import { expect, it } from 'vitest';

import { parseRequirements } from './requirements.ts';

const listing = `Required for 2025-11-25 (48 scenarios, frozen; run at the 2025-11-25 wire):

Server scenarios (test against a server):
  - server-initialize
  - ping

Client scenarios (test against a client):
  - initialize
  - auth/metadata-default
  - sse-retry

Run and reported, but never scored:
  extension (1):
    - tasks-lifecycle [server]
`;

it('are read for one side, without what is scored nowhere', () => {
  expect(parseRequirements(listing, 'server')).toEqual(['server-initialize', 'ping']);
});

it('leave out what is between HTTP and OAuth alone', () => {
  expect(parseRequirements(listing, 'client')).toEqual(['initialize', 'sse-retry']);
});

it('are not taken for none when the suite has found other words', () => {
  expect(() => parseRequirements('Scenarios:\n  - ping\n', 'server')).toThrow('lists no "Server scenarios"');
});
