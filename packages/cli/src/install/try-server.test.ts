import { failureCodes } from '@mcp-nostr/core';
import { expect, it, vi } from 'vitest';

import { startAsHost } from './host-start.ts';
import { lookUpName, prove } from './try-server.ts';

const key = 'a'.repeat(64);

/** A server on stdin and stdout that answers each method with what stands here. */
function serverThat(answers: Record<string, object>): { command: string; args: string[] } {
  const program = `
    const answers = ${JSON.stringify(answers)};
    let rest = '';
    process.stdin.on('data', (bytes) => {
      const lines = (rest + bytes).split('\\n');
      rest = lines.pop();
      for (const { id, method } of lines.map((line) => JSON.parse(line))) {
        const answer = answers[method];
        if (id !== undefined && answer !== undefined)
          process.stdout.write(JSON.stringify({ jsonrpc: '2.0', id, ...answer }) + '\\n');
      }
    });
  `;
  return { command: process.execPath, args: ['-e', program] };
}

const initialize = {
  result: {
    protocolVersion: '2025-11-25',
    capabilities: { tools: {} },
    serverInfo: { name: 'My Server', version: '1' },
  },
};
const tool = { name: 'a', inputSchema: { type: 'object' } };
const live = {
  initialize,
  'completion/complete': { error: { code: -32_601, message: 'Method not found' } },
  'tools/list': { result: { tools: [tool, { ...tool, name: 'b' }] } },
};
const silent = {
  error: {
    code: failureCodes.server_silent,
    message: 'npub1… does not answer. To find out more: mcp-nostr doctor npub1x',
    data: { code: 'server_silent' },
  },
};

it('finds what a host finds, from a server that knows no completions', async () => {
  expect(await startAsHost(serverThat(live))).toMatchObject({
    serverName: 'My Server',
    serverVersion: '1',
    tools: 2,
  });
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

it('tells why a command has ended at once', async () => {
  const ended = {
    command: process.execPath,
    args: ['-e', 'console.error("error: no such key\\n  mcp-nostr connect --help\\n"); process.exit(2)'],
  };
  expect((await prove(ended, 'npub1x')).failure).toMatchObject({
    code: 'start_failed',
    exitCode: 1,
    message: expect.stringMatching(/: error: no such key$/),
  });
  const missing = { command: '/no/such/program', args: [] };
  expect((await prove(missing, 'npub1x')).failure).toMatchObject({
    message: expect.stringContaining('ENOENT'),
  });
});

it('gives a server that cannot be asked a name of its key, and says so', async () => {
  const written = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  expect(await lookUpName({ command: '/no/such/program', args: [] }, key)).toMatch(/^nostr-\w{4}$/);
  expect(written.mock.calls.flat().join('')).toContain('--name <name> says otherwise');
  written.mockRestore();
});
