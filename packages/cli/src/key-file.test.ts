import { execFileSync } from 'node:child_process';
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { keyFilePath } from './key-file.ts';
import { readSecretKey } from './keys/read-secret-key.ts';
import { redact } from './log/redact.ts';
import { runSource } from './run-cli.test.support.ts';

const hex = '67dea2ed018072d675f5415ecfaed7d2597555e202d85b3d65ea4e58d2d92ffa';
let folder: string;
const loadSecretKey = (path: string): Promise<Uint8Array> =>
  readSecretKey({ kind: 'file', path, isMade: true, shown: path });

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mcp-nostr-key-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('where the key is', () => {
  it('follows MCP_NOSTR_HOME, then the XDG data folder', () => {
    expect(keyFilePath('server', { MCP_NOSTR_HOME: '/srv/m', XDG_DATA_HOME: '/data' })).toBe(
      '/srv/m/keys/server.key',
    );
    expect(keyFilePath('client', { XDG_DATA_HOME: '/data' })).toBe('/data/mcp-nostr/keys/client.key');
    expect(keyFilePath('client', { XDG_DATA_HOME: 'relative' })).toMatch(
      /\/\.local\/share\/mcp-nostr\/keys\/client\.key$/,
    );
  });
});

describe('a key file', () => {
  it('is made once, readable by nobody else', async () => {
    const path = join(folder, 'a', 'keys', 'server.key');
    const first = await loadSecretKey(path);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect((await stat(join(folder, 'a', 'keys'))).mode & 0o777).toBe(0o700);
    expect(await readdir(join(folder, 'a', 'keys'))).toEqual(['server.key']);
    expect(await loadSecretKey(path)).toEqual(first);
    const text = Buffer.from(first).toString('hex');
    expect((await readFile(path, 'utf8')).trim()).toBe(text);
    expect(redact(text)).toBe('[redacted]');
  });

  it('is one for callers that start at once in one process', async () => {
    const path = join(folder, 'server.key');
    const keys = await Promise.all(Array.from({ length: 20 }, () => loadSecretKey(path)));
    expect(new Set(keys.map((key) => Buffer.from(key).toString('hex'))).size).toBe(1);
    expect(await readdir(folder)).toEqual(['server.key']);
  });

  it('is one for processes that start at once', async () => {
    const path = join(folder, 'keys', 'server.key');
    const program = join(folder, 'load.mts');
    const module = new URL('keys/open-signer.ts', import.meta.url).href;
    await writeFile(
      program,
      `import { openSigner } from ${JSON.stringify(module)};\n` +
        `process.stdout.write((await openSigner({ given: ${JSON.stringify(path)}, role: 'server' })).pubkey);\n`,
    );
    const runs = Array.from({ length: 4 }, () => runSource(program, []));
    expect(await Promise.all(runs.map((run) => run.exited))).toEqual([0, 0, 0, 0]);
    expect(new Set(runs.map((run) => run.stdout())).size).toBe(1);
    expect(runs[0]?.stdout()).toMatch(/^[0-9a-f]{64}$/);
  });

  it.each(['640', '604', '620'])('is refused when others can get at it (%s)', async (mode) => {
    const path = join(folder, 'open.key');
    await writeFile(path, hex);
    await chmod(path, Number.parseInt(mode, 8));
    await expect(loadSecretKey(path)).rejects.toMatchObject({
      code: 'key_file',
      exitCode: 2,
      hint: `chmod 600 ${path}`,
    });
  });

  it('holds hex or an nsec, after comments', async () => {
    const path = join(folder, 'own.key');
    await writeFile(path, `# the weather server\n\n${hex}\n`, { mode: 0o600 });
    expect(Buffer.from(await loadSecretKey(path)).toString('hex')).toBe(hex);
  });

  it('is refused, and left as it is, when it holds something else', async () => {
    const path = join(folder, 'letter.txt');
    await writeFile(path, 'dear reader', { mode: 0o600 });
    await expect(loadSecretKey(path)).rejects.toThrow('holds no key');
    await expect(loadSecretKey(path)).rejects.not.toThrow('dear reader');
    expect(await readFile(path, 'utf8')).toBe('dear reader');
  });

  it.skipIf(process.platform === 'win32')(
    'is no FIFO, which would keep the program from ending',
    async () => {
      const path = join(folder, 'pipe.key');
      execFileSync('sh', ['-c', 'mkfifo -m 600 "$0"', path]);
      await expect(loadSecretKey(path)).rejects.toThrow(`${path} is no regular file`);
    },
  );

  it('that cannot be made is an error that names it', async () => {
    await writeFile(join(folder, 'file'), '');
    const path = join(folder, 'file', 'server.key');
    await expect(loadSecretKey(path)).rejects.toMatchObject({
      code: 'key_file',
      message: expect.stringContaining(path),
    });
  });
});
