import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { main } from '../program.ts';
import { launchdPlist } from './launchd.ts';
import { defineService, type ServiceDefinition } from './service-definition.ts';
import { adviceOnKey } from './service-key.ts';
import { systemdUnit } from './systemd.ts';

const home = mkdtempSync(join(tmpdir(), 'mcp-nostr-'));
const programs = join(home, 'bin');
const asked = join(home, 'asked');
const unit = join(home, '.config', 'systemd', 'user', 'mcp-nostr-server.service');
let stdout: string;
let stderr: string;

beforeEach(() => {
  [stdout, stderr] = ['', ''];
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => ((stdout += String(text)), true));
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => ((stderr += String(text)), true));
  vi.stubEnv('HOME', home);
  vi.stubEnv('MCP_NOSTR_HOME', join(home, 'ours'));
  vi.stubEnv('XDG_CONFIG_HOME', '');
  vi.stubEnv('PATH', `${programs}:/usr/bin:/bin`);
  rmSync(asked, { force: true });
  fake('exit 0');
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});
afterAll(() => rmSync(home, { recursive: true }));

/** A `systemctl` that notes what it is asked. */
function fake(script: string): void {
  mkdirSync(programs, { recursive: true });
  writeFileSync(join(programs, 'systemctl'), `#!/bin/sh\necho "$@" >> '${asked}'\n${script}\n`);
  chmodSync(join(programs, 'systemctl'), 0o755);
}

const noted = (): string[] => readFileSync(asked, 'utf8').trim().split('\n');

/** All that a word can have in it that means something to systemd, XML or a shell. */
const hard = ['a b', '"', '\\', '$HOME', '${X}', '%h', '%%', ';', "'", '<&>', 'ü🌍', '-', ''];
const definition: ServiceDefinition = {
  name: 'hard',
  program: { command: process.execPath, args: [] },
  words: [process.execPath, ...hard],
  folder: '/tmp/a b%h',
  environment: { PATH: '/bin:/a b', MCP_NOSTR_RELAYS: 'wss://r/?a=%20&b="$X"\\' },
  environmentFile: '/tmp/a b%h/x.env',
  logFile: '/tmp/a & b.log',
};

describe.runIf(process.platform === 'linux')('service on Linux', () => {
  it('installs a unit of the user and starts it', async () => {
    expect(await main(['service', 'install', '--', 'serve', '--public', '--', 'node', 's.js'])).toBe(0);
    expect(noted()).toEqual([
      '--user daemon-reload',
      '--user enable mcp-nostr-server.service',
      '--user restart mcp-nostr-server.service',
    ]);
    const text = readFileSync(unit, 'utf8');
    expect(text).toContain(`ExecStart="${process.execPath}" `);
    expect(text).toMatch(/ "serve" "--public" "--" "node" "s\.js"\n/);
    expect(text).toContain(`WorkingDirectory=${process.cwd()}\n`);
    expect(text).toContain('LimitCORE=0\n');
    expect(text).toContain(`Environment="MCP_NOSTR_HOME=${join(home, 'ours')}"`);
    expect(statSync(unit).mode & 0o777).toBe(0o600);
    expect(stderr).toContain('journalctl --user -u mcp-nostr-server.service');

    fake('echo active');
    expect(await main(['service', 'status', '--json'])).toBe(0);
    expect(JSON.parse(stdout)).toEqual({ name: 'server', state: 'active', file: unit });
    stdout = '';
    fake('echo failed; exit 3');
    expect(await main(['service', 'status'])).toBe(0);
    expect(stdout).toBe(`server  failed\n${unit}\n`);

    rmSync(asked);
    fake('exit 0');
    expect(await main(['service', 'uninstall'])).toBe(0);
    expect(noted()).toEqual(['--user disable --now mcp-nostr-server.service', '--user daemon-reload']);
    expect(existsSync(unit)).toBe(false);
    expect(await main(['service', 'status'])).toBe(2);
    expect(stderr).toContain('there is no service server');
  });

  it('says what to run where the service manager cannot be asked', async () => {
    fake('echo "Failed to connect to bus" >&2; exit 1');
    expect(await main(['service', 'install', '--name', 'one', '--', 'relay'])).toBe(0);
    expect(stderr).toContain('could not be started (Failed to connect to bus)');
    expect(stderr).toContain('\n  systemctl --user enable mcp-nostr-one.service\n');
    expect(existsSync(unit.replace('server', 'one'))).toBe(true);
  });

  it('leaves no key in the environment of the commands that it runs', async () => {
    const seen = join(home, 'environment');
    fake(`env > '${seen}'`);
    vi.stubEnv('NOSTR_SECRET_KEY', 'ab'.repeat(32));
    expect(await main(['service', 'install', '--name', 'three', '--', 'relay'])).toBe(0);
    const text = readFileSync(seen, 'utf8');
    expect(text).toContain(`HOME=${home}\n`);
    expect(text).not.toContain('NOSTR_SECRET_KEY');
  });

  it('does nothing for --print and --dry-run', async () => {
    const words = ['--name', 'two', '--', 'serve', '--public', 'https://h/mcp'];
    expect(await main(['service', 'install', '--print', ...words])).toBe(0);
    expect(stdout).toMatch(/^\[Unit\]\n/);
    expect(await main(['service', 'install', '--dry-run', ...words])).toBe(0);
    expect(stderr).toContain('systemctl --user enable mcp-nostr-two.service');
    expect(existsSync(unit.replace('server', 'two'))).toBe(false);
    expect(existsSync(asked)).toBe(false);
  });

  // `systemd-analyze verify` reads a unit as systemd does, and with this level of its log says how it understood it.
  const analyze = 'systemd-analyze';
  const hasSystemd = spawnSync(analyze, ['--version']).status === 0;
  it.runIf(hasSystemd)('is a unit that systemd understands word by word', () => {
    const path = join(home, 'mcp-nostr-hard.service');
    writeFileSync(path, systemdUnit({ ...definition, folder: home }));
    const { status, stdout: dump } = spawnSync(analyze, ['--user', 'verify', path], {
      env: { ...process.env, XDG_RUNTIME_DIR: home, SYSTEMD_LOG_LEVEL: 'debug' },
      encoding: 'utf8',
    });
    expect(status).toBe(0);
    const line = /Command Line: (.*)/.exec(dump)?.[1] ?? '';
    const words = spawnSync('bash', ['-c', `printf '%s\\0' ${line}`], { encoding: 'utf8' }).stdout.split(
      '\0',
    );
    // When it starts the program it makes one of two dollars; it says so before.
    expect(words.slice(0, -1)).toEqual(definition.words.map((word) => word.replaceAll('$', () => '$$')));
    expect(dump).toContain(`Environment: PATH=/bin:/a b\n`);
    expect(dump).toContain('EnvironmentFile: -/tmp/a b%h/x.env\n');
  });
});

describe('a service', () => {
  it.each([
    [['call', 'npub1x'], 'call cannot be a service'],
    [['serve', '--public', '--allow', 'f'.repeat(64), '--', 'node'], 'contradict each other'],
    [['serve', '--public', '--bublic', '--', 'node'], "unknown option '--bublic'"],
    [['serve', '--public', '--', 'no-such-program'], 'no-such-program was not found'],
    [
      ['serve', 'https://x', '--header', 'Authorization: Bearer abcdefgh'],
      'argument 4 of the command looks like a secret',
    ],
    [['serve', '--', 'x', '--api-key', 'abcdefgh'], 'looks like a secret: --api-key'],
    [['serve', '--', 'x', '--token=abcdefgh'], 'looks like a secret'],
    [['serve', '--', 'x', 'wss://u:p@h'], 'looks like a secret'],
    [['serve', '--public', '--', 'node', 'a\nb'], 'has a line break in it'],
  ])('is refused: %j', (words, message) => {
    expect(() => defineService('a', words)).toThrow(message);
    expect(() => defineService('a', words)).not.toThrow('abcdefgh');
  });

  it.each([
    [['serve', '--public', 'https://x', '--header', 'Authorization: Bearer ${NOT_SET_HERE}']],
    [['serve', '--public', '--', 'node', '--token-file', '/run/t', '--api-key', '${KEY}', '--no-token', 'y']],
    [['connect', 'a'.repeat(64), '--http', '--no-token']],
  ])('may name where a secret is: %j', (words) => {
    expect(defineService('a', words).words.slice(-words.length)).toEqual(words);
  });

  it('takes of the environment what is needed to find things, and no secret', () => {
    const env = {
      PATH: '/bin',
      MCP_NOSTR_HOME: '/m',
      NOSTR_SECRET_KEY: 'x',
      MCP_NOSTR_HTTP_TOKEN: 'y',
      A_TOKEN: 'z',
    };
    expect(defineService('a', ['relay'], env).environment).toEqual({ PATH: '/bin', MCP_NOSTR_HOME: '/m' });
  });

  it('has the name of a key and the places of secrets in its definition, and no key', () => {
    const places = { MCP_NOSTR_KEY: 'work', MCP_NOSTR_PASSWORD_FILE: '/p', NOSTR_SECRET_KEY_FILE: '/k' };
    expect(defineService('a', ['relay'], places).environment).toEqual(places);
    const key = 'ab'.repeat(32);
    const words = ['serve', '--public', '--', 'node'];
    expect(() => defineService('a', words, { NOSTR_SECRET_KEY: key })).toThrow(
      'the key is in NOSTR_SECRET_KEY, which a service does not have',
    );
    const named = ['serve', '--public', '--key', './a.key', '--', 'node'];
    const text = systemdUnit(defineService('a', named, { NOSTR_SECRET_KEY: key }));
    expect(text).toContain('"--key" "./a.key"');
    expect(text).not.toContain(key);
  });

  it('is told about a key that it could not open by itself', async () => {
    const folder = join(home, 'ours', 'keys');
    mkdirSync(folder, { recursive: true });
    const npub = 'npub10elfcs4fr0l0r8af98jlmgdh9c8tcxjvz9qkw038js35mp4dma8qzvjptg';
    writeFileSync(join(folder, 'kc.keychain'), `keychain ${npub}\n`, { mode: 0o600 });
    writeFileSync(join(folder, 'enc.ncryptsec'), 'ncryptsec1qqq\n', { mode: 0o600 });
    const env = { MCP_NOSTR_HOME: join(home, 'ours') };
    const words = (key: string): string[] => ['serve', `--key=${key}`, '--', 'node', '--key', 'other'];
    expect(await adviceOnKey(words('kc'), env)).toContain('mcp-nostr key move kc --store file');
    expect(await adviceOnKey(words('enc'), env)).toContain('it needs MCP_NOSTR_PASSWORD_FILE');
    expect(await adviceOnKey(words('enc'), { ...env, MCP_NOSTR_PASSWORD_FILE: '/p' })).toBeUndefined();
    expect(await adviceOnKey(['serve', '--', 'node'], env)).toBeUndefined();
    expect(await adviceOnKey(['relay'], env)).toBeUndefined();
  });

  it.each(['A', 'a b', '../a', '', '-a'])('has a plain name, and not %j', async (name) => {
    expect(await main(['service', 'status', `--name=${name}`])).toBe(2);
    expect(stderr).toContain('is no name for a service');
  });

  const python = spawnSync('python3', ['-c', 'import plistlib']).status === 0;
  it.runIf(python)('is a property list for launchd, word by word', () => {
    const script = 'import plistlib,json,sys; print(json.dumps(plistlib.loads(sys.stdin.buffer.read())))';
    const { stdout: json } = spawnSync('python3', ['-c', script], {
      input: launchdPlist(definition),
      encoding: 'utf8',
    });
    expect(JSON.parse(json)).toEqual({
      Label: 'mcp-nostr.hard',
      ProgramArguments: definition.words,
      WorkingDirectory: definition.folder,
      EnvironmentVariables: definition.environment,
      RunAtLoad: true,
      KeepAlive: { SuccessfulExit: false },
      SoftResourceLimits: { Core: 0 },
      HardResourceLimits: { Core: 0 },
      StandardOutPath: definition.logFile,
      StandardErrorPath: definition.logFile,
    });
  });
});
