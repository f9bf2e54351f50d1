import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, it } from 'vitest';

import { runSource } from '../run-cli.test.support.ts';

it('lets nothing but the one writer reach stdout', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'mcp-nostr-guard-'));
  const module = new URL('stdout-guard.ts', import.meta.url).href;
  const program = `
    import { guardStdout } from ${JSON.stringify(module)};
    const early = console.log;
    const write = guardStdout();
    early('captured before');
    console.log('log'); console.info('info'); console.debug('debug'); console.table([1]); console.dir({});
    process.stdout.write('direct'); process.stdout.write(Buffer.from('bytes'), () => console.log('callback'));
    process.stdout.write('encoded', 'utf8');
    process.emitWarning('warned');
    write('{"jsonrpc":"2.0"}\\n');
  `;
  try {
    await writeFile(join(folder, 'noisy.mts'), program);
    const run = runSource(join(folder, 'noisy.mts'), [], { FORCE_COLOR: '1', DEBUG: '*' });
    expect(await run.exited).toBe(0);
    expect(run.stdout()).toBe('{"jsonrpc":"2.0"}\n');
    for (const word of [
      'captured before',
      'log',
      'info',
      'debug',
      'direct',
      'bytes',
      'callback',
      'encoded',
      'warned',
    ]) {
      expect(run.stderr()).toContain(word);
    }
  } finally {
    await rm(folder, { recursive: true });
  }
});
