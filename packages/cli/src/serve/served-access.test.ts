import { mkdirSync, mkdtempSync, rmSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { generateSecretKey, getPublicKey } from '@mcp-nostr/core';
import { expect, it, onTestFinished, vi } from 'vitest';

import { accessFilePath } from '../access/access-file.ts';
import { humanPrinter } from './print-human.ts';
import { openServedAccess } from './served-access.ts';

it('a server at a terminal starts without its first invite where none can be stored', () => {
  const home = mkdtempSync(join(tmpdir(), 'mcp-nostr-'));
  onTestFinished(() => rmSync(home, { recursive: true }));
  vi.stubEnv('MCP_NOSTR_HOME', home);
  onTestFinished(() => void vi.unstubAllEnvs());
  const pubkey = getPublicKey(generateSecretKey());
  const obstacle = `${accessFilePath(pubkey)}.lock`;
  mkdirSync(obstacle, { recursive: true });
  utimesSync(obstacle, 1, 1);
  let printed = '';
  const served = openServedAccess({
    pubkey,
    name: undefined,
    access: { isPublic: false, forThisRun: [] },
    audit: undefined,
    isAtTerminal: true,
    printer: humanPrinter({ write: (text) => (printed += text), paint: (_, text) => text }),
  });
  onTestFinished(() => served.close());
  expect(served.firstInvite?.('nprofile1x')).toBeUndefined();
  expect(printed).toMatch(/! there is no invite: .* cannot be written/);
  expect(served.policy.permit({ pubkey })).toHaveProperty('code', 'not_allowed');
});
