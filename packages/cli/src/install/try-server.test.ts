import { expect, it, vi } from 'vitest';

import { live, programOf, serverThat, silent } from '../host-start/program.test.support.ts';
import { lookUpName, prove } from './try-server.ts';

const key = 'a'.repeat(64);

it('calls a server as it calls itself', async () => {
  expect(await lookUpName(serverThat(live), key)).toBe('my-server');
});

it('is not content with what is answered from memory', async () => {
  const remembered = serverThat({ ...live, 'completion/complete': silent });
  const { failure } = await prove(remembered, 'npub1x');
  expect(failure).toMatchObject({
    code: 'server_silent',
    exitCode: 4,
    message: expect.stringMatching(/npub1… does not answer\.$/),
    hint: expect.stringContaining('mcp-nostr doctor npub1x'),
  });
});

const missing = { command: '/no/such/program', args: [], env: {} };

it('tells why a command has ended at once', async () => {
  const ended = programOf(
    'console.error("error: no such key\\n  mcp-nostr connect --help\\n"); process.exit(2)',
  );
  expect((await prove(ended, 'npub1x')).failure).toMatchObject({
    code: 'start_failed',
    exitCode: 1,
    message: expect.stringMatching(/: error: no such key$/),
  });
  expect((await prove(missing, 'npub1x')).failure).toMatchObject({
    message: expect.stringContaining('ENOENT'),
  });
});

it('gives a server that cannot be asked a name of its key, and says so', async () => {
  const written = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  expect(await lookUpName(missing, key)).toMatch(/^nostr-\w{4}$/);
  expect(written.mock.calls.flat().join('')).toContain('--name <name> says otherwise');
  written.mockRestore();
});
