import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import { main } from './program.ts';

let stderr: string;
let stdout: string;

beforeEach(() => {
  stderr = '';
  stdout = '';
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    stderr += String(text);
    return true;
  });
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    stdout += String(text);
    return true;
  });
});
afterEach(() => {
  vi.restoreAllMocks();
});

// NIP-19, section "Examples".
const nsec = 'nsec1vl029mgpspedva04g90vltkh6fvh240zqtv9k0t9af8935ke9laqsnlfe5';

it.each([
  [['call', nsec]],
  [['serve', '--public', `--key=${nsec}`, '--', 'node']],
  [['serve', '--public', '--', 'node', 'x.js', `nostr:${nsec.toUpperCase()}`]],
  [['nonsense', nsec.slice(0, 40)]],
])('refuses a secret key anywhere in the arguments, and does not repeat it: %#', async (args) => {
  expect(await main(args)).toBe(2);
  expect(stderr).toContain('a secret key (nsec) was given on the command line');
  expect(stderr).toContain('replace it by a new one');
  expect(stderr.toLowerCase()).not.toContain(nsec.slice(5, 20));
});

it.each([
  [[], 'Usage: mcp-nostr'],
  [['clal'], "unknown command 'clal'\n  Did you mean call?"],
  [['call'], "missing required argument 'address'"],
  [['call', 'x', '--timeot', '3'], "unknown option '--timeot'\n  Did you mean --timeout?"],
  [['call', 'nothing'], 'not an address: "nothing"'],
  [['call', 'f'.repeat(64), '--relay', 'http://x'], 'it starts with wss:// or ws://'],
  [['call', 'f'.repeat(64), '--args', '{}'], '--args needs the name of a tool'],
  [['call', 'f'.repeat(64), 'tool', '--args', '[1]'], '--args is not a JSON object'],
  [['connect', 'f'.repeat(64), '--allow-tool', 'a[b'], '[ has no ]; a bracket itself is written [[]'],
  [['serve', '--public', '--deny-prompt', '', '--', 'node'], 'a pattern cannot be empty'],
  // One value for each use: what follows is the address.
  [['connect', '--allow-tool', 'a', '--deny-resource', 'b', 'nothing'], 'not an address: "nothing"'],
  [['connect', `a=${'f'.repeat(64)}`, 'nothing'], 'not an address: "nothing"'],
  [['connect', `a=${'f'.repeat(64)}`, `a=${'e'.repeat(64)}`], 'two servers would be called a'],
  [['serve', '--audit-arguments', '--', 'node'], '--audit-arguments is about a log that is not written'],
  [['allow'], "missing required argument 'who'"],
  [['allow', 'somebody'], 'not an address: "somebody"'],
  [['allow', 'f'.repeat(64), 'e'.repeat(64), '--name', 'x'], '--name is for one key'],
  [['allow', 'f'.repeat(64), '--expires', '7'], 'a number with its unit is needed, as in 90s'],
  [['allow', 'f'.repeat(64), '--tools', 'a['], '[ has no ]'],
  [['deny', 'f'.repeat(64), '--server', '../x'], 'no server "../x" was ever served from a file'],
  [['access', '--key', 'a', '--server', 'b'], '--key and --server both say which server'],
  [['serve', '--public', '--allow', 'f'.repeat(64), '--', 'node'], 'contradict each other'],
  [['serve', '--allow', 'somebody', '--', 'node'], 'not an address: "somebody"'],
  [['serve', '--public', '--', 'no-such-program-anywhere'], 'no-such-program-anywhere was not found'],
  [['serve', '--public', 'ftp://x'], 'ftp://x is neither an http(s) nor a ws(s) URL'],
  [['serve', '--public', '--sse', 'wss://x'], '--sse is for an http or https URL'],
  [['serve', '--public', '--sse', '--', 'node'], '--sse, --header and --caller-header are for a server with'],
  [['connect', 'f'.repeat(64), '--http', '1', '--ws', '2'], 'give it once, as in: --http --ws 1'],
  [['connect', 'f'.repeat(64), '--no-token'], '--no-token and --cors are for --http, --sse and --ws'],
  [['serve', '--public', 'https://x', '--header', 'a: ${MISSING}'], 'set it in the environment'],
  [['serve', '--public', 'https://x', '--header', 'a'], "as in --header 'Authorization: Bearer"],
  [
    ['serve', '--public', '--key', 'f'.repeat(64), '--', 'node'],
    '--key takes the name of a key or of a file',
  ],
  [['serve', '--public'], 'there is nothing to serve'],
  [
    ['serve', '--public', '--relay', 'wss://r', '--config', '/none.json'],
    '/none.json cannot be read: ENOENT',
  ],
  [
    ['serve', '--public', '--relay', 'wss://r', '--config', 'package.json'],
    'package.json:1: there are no servers in it',
  ],
  [['serve', '--public', '--config', 'x', '--key', 'y'], '--key is for one server'],
  [['serve', '--public', '--config', 'x', '--header', 'a: b'], '--header is for one server'],
  [['serve', '--public', '--log-file', '/', '--', 'node'], 'the log file / cannot be written: EISDIR'],
  [['relay', '--port', 'x'], 'a port is a number'],
  [['relay', '--log-level', 'loud'], 'Allowed choices are silent, error'],
  [['service'], 'Usage: mcp-nostr service'],
  [['service', 'install', '--', 'call', 'x'], 'call cannot be a service'],
])('explains a mistake and ends with 2: %j', async (args, message) => {
  expect(await main(args)).toBe(2);
  expect(stderr).toContain(message);
  expect(stdout).toBe('');
});

it('prints errors as one JSON line when asked to', async () => {
  expect(await main(['call', 'nothing', '--json'])).toBe(2);
  expect(JSON.parse(stderr)).toMatchObject({ error: { code: 'bad_address' } });
  stderr = '';
  expect(await main(['serve', '--', 'x', '--json'])).toBe(2);
  expect(stderr).toMatch(/^error: /);
});

it('prints help and version on stdout', async () => {
  expect(await main(['--version'])).toBe(0);
  expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  expect(await main(['--help'])).toBe(0);
  expect(stdout).toContain('Examples:');
  expect(await main(['serve', '--help'])).toBe(0);
  expect(stdout).toContain('--max-connections');
  expect(stderr).toBe('');
});
