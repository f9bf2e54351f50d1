import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { formatAddress, formatNpub, secretKeySigner } from '@mcp-nostr/core';
import { startRelay } from '@mcp-nostr/relay';
import { afterAll, describe, expect, it } from 'vitest';

import { CliRun } from '../helpers/cli.ts';
import { deadRelayUrl } from '../helpers/dead-relay.ts';

const home = mkdtempSync(join(tmpdir(), 'mcp-nostr-'));
const env = { MCP_NOSTR_HOME: home };
const pubkey = await secretKeySigner(Buffer.alloc(32, 9)).getPublicKey();

afterAll(() => rmSync(home, { recursive: true }));

// Each waits for its time-out; together they take as long as one.
describe.concurrent('a server that is not there', () => {
  it('is exit code 4 of call, with the relay that nobody listens on', async () => {
    const relay = await startRelay();
    const { exitCode, stderr } = await new CliRun(['call', formatNpub(pubkey), '--relay', relay.url], env)
      .ended;
    expect(exitCode).toBe(4);
    expect(stderr).toContain(relay.url);
    await relay.close();
  });

  it('is exit code 4 of call, with the relay that cannot be reached and why', async () => {
    const url = await deadRelayUrl();
    const { exitCode, stderr } = await new CliRun(['call', formatAddress({ pubkey, relays: [url] })], env)
      .ended;
    expect(exitCode).toBe(4);
    expect(stderr).toContain(`${url} (`);
    expect(stderr).toContain('ECONNREFUSED');
  });

  it('is that, too, where the time of call is over before', async () => {
    const url = await deadRelayUrl();
    const words = ['call', formatAddress({ pubkey, relays: [url] }), '--timeout', '6'];
    const { exitCode, stderr } = await new CliRun(words, env).ended;
    expect(exitCode).toBe(4);
    expect(stderr).toContain(`${url}: connect ECONNREFUSED`);
  });
});
