import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, it } from 'vitest';

import { findCommand } from './find-command.ts';

it('finds what a shell would find, and only files that can be executed', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'mcp-nostr-path-'));
  try {
    await mkdir(join(folder, 'a', 'tool'), { recursive: true });
    await mkdir(join(folder, 'b'));
    await writeFile(join(folder, 'b', 'tool'), '');
    const env = { PATH: `${join(folder, 'a')}:${join(folder, 'b')}` };
    expect(findCommand('tool', env)).toBeUndefined();
    await chmod(join(folder, 'b', 'tool'), 0o755);
    expect(findCommand('tool', env)).toBe(join(folder, 'b', 'tool'));
    expect(findCommand(join(folder, 'b', 'tool'), {})).toBe(join(folder, 'b', 'tool'));
    expect(findCommand('tool', {})).toBeUndefined();
    expect(findCommand(folder, env)).toBeUndefined();
  } finally {
    await rm(folder, { recursive: true });
  }
});
