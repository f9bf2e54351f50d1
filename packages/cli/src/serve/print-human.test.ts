import { describe, expect, it } from 'vitest';

import { Filter, Glob } from '@mcp-nostr/core/filter';
import type { LogLevel } from '../log/logger.ts';
import { hideSecret } from '../log/redact.ts';
import { humanPrinter } from './print-human.ts';
import type { ServedAs, ServePrinter } from './print-serve.ts';

const caller = {
  pubkey: 'f'.repeat(64),
  npub: 'npub1ct7mnuprahr6npcl7zumrvlsexs7uztty7eu66hj089xf4g6h0pqrql88h',
  connectionId: '0'.repeat(32),
};
const served: ServedAs = {
  npub: 'npub1server',
  address: 'nprofile1address',
  relays: [],
  command: ['node', '/a/very/long/path/to/a/program/that/nobody/reads/server.js'],
  keyFile: '/k',
  access: { isPublic: true, forThisRun: [], keys: 0, denied: 0, invites: 0 },
  words: '',
  isInviting: false,
  limits: ['50 connections at a time', 'no more'],
};

function printed(level: LogLevel = 'info'): { lines: () => string[]; printer: ServePrinter } {
  let all = '';
  const printer = humanPrinter({
    write: (text) => (all += text),
    paint: (_style, word) => word,
    level,
    qrCode: (address) => [`QR of ${address}`],
  });
  return { printer, lines: () => all.split('\n').filter((line) => line !== '') };
}

describe('what serve shows to a person', () => {
  it('begins with the address, who may call, what they are bound to, and what to do next', () => {
    const { printer, lines } = printed();
    printer.ready(served);
    expect(lines()).toEqual([
      '  node …/nobody/reads/server.js',
      '  address   nprofile1address',
      '  key       npub1server',
      '            the same every time, kept in /k',
      '  access    public: whoever has the address may call',
      '  limits    50 connections at a time · no more',
      '  next      npx mcp-nostr install nprofile1address',
      '            puts it into Claude, Cursor, VS Code and other hosts',
      '            npx mcp-nostr call nprofile1address',
      '            lists what it offers, and calls it by hand',
      '  QR of nprofile1address',
    ]);
  });

  it('says that everybody is told of it, how that is taken back, and who else may call', () => {
    const { printer, lines } = printed();
    printer.ready({ ...served, words: ' --key other', isAnnounced: true, servesContextvm: true });
    expect(lines().slice(6, 8)).toEqual([
      '  announced to everybody; npx mcp-nostr unannounce --key other takes that back',
      '  contextvm clients of ContextVM are served too; --no-contextvm turns that off',
    ]);
  });

  it('says how to let somebody in where nobody may call, and shows an invite in place of the address', () => {
    const { printer, lines } = printed();
    const access = { isPublic: false, forThisRun: [], keys: 0, denied: 0, invites: 0 };
    const code = 'a-code-that-is-hidden-elsewhere';
    hideSecret(code);
    printer.ready({ ...served, access, words: ' --key other', isInviting: true });
    printer.invite({ link: `nprofile1address?invite=${code}`, id: 'abc123', expiresAt: 1_800_000_000 });
    expect(lines().slice(4, 9)).toEqual([
      '  access    private: nobody may call yet',
      '            npx mcp-nostr invite --key other',
      '            lets in whoever redeems it; --public lets in everybody',
      '            npx mcp-nostr allow --key other NPUB',
      '            lets in that key; mcp-nostr access lists them',
    ]);
    expect(lines().slice(-4)).toEqual([
      `  QR of nprofile1address?invite=${code}`,
      `  invite    nprofile1address?invite=${code}`,
      '            lets in one key until 2027-01-15 08:00 UTC (abc123); send it to one person, who runs',
      '            npx mcp-nostr pair',
    ]);
    expect(lines().filter((line) => line.includes('QR of'))).toHaveLength(1);
    printer.note('info', `a line with ${code}`);
    expect(lines().at(-1)).toBe('  a line with [redacted]');
  });

  it.each([
    [{ keys: 1, invites: 1 }, 'private: 1 key may call, 1 invite is open'],
    [{ keys: 2, denied: 1, invites: 2 }, 'private: 2 keys may call, 1 key denied, 2 invites are open'],
    [{ denied: 2 }, 'private: nobody may call yet, 2 keys denied'],
    [
      { isPublic: true, keys: 1, denied: 1 },
      'public: whoever has the address may call, 1 key known, 1 key denied',
    ],
    [{ forThisRun: ['f'.repeat(64)], keys: 1 }, 'private: npub1lllll…lrjw for this run, 1 key may call'],
  ])('says who may call: %j', (given, text) => {
    const { printer, lines } = printed();
    const access = { isPublic: false, forThisRun: [], keys: 0, denied: 0, invites: 0, ...given };
    printer.ready({ ...served, access });
    expect(lines()).toContain(`  access    ${text}`);
  });

  it('says who was paired', () => {
    const { printer, lines } = printed();
    printer.paired({ npub: caller.npub, name: 'bob', invite: 'abc123' });
    printer.call({ caller, method: 'ping', durationMs: 1, outcome: 'refused', code: 'rate_limited' });
    expect(lines()[0]).toMatch(/^ {2}[\d:]{8} {2}\+ npub1ct7mn…l88h bob {2}paired with invite abc123$/);
    expect(lines()[1]).toMatch(/refused rate_limited$/);
  });

  it('says what callers do not see', () => {
    const [get, secret, all] = ['get_*', '*_secret', '*'].map((glob) => new Glob(glob));
    if (get === undefined || secret === undefined || all === undefined) throw new Error('no globs');
    const rules = { tool: { allow: [get], deny: [secret] }, prompt: { allow: [], deny: [all] } };
    const { printer, lines } = printed();
    printer.ready({ ...served, filter: new Filter(rules) });
    expect(lines()).toContain('  filter    tools get_*, not *_secret; prompts not *');
  });

  it('is one line for each of several servers, and one for the relay that they share', () => {
    const { printer, lines } = printed();
    printer.several({
      file: 'f.json',
      names: ['a', 'long'],
      access: { isPublic: false, forThisRun: ['f'.repeat(64)] },
      limits: ['x'],
    });
    const before = lines();
    expect(before[0]).toBe('  f.json  2 servers');
    expect(before[1]).toMatch(
      /^ {2}access {4}private: npub1\w+…\w+ for this run, whom mcp-nostr access --server NAME lists$/,
    );
    expect(before[4]).toBe('  limits    x, of each server');
    for (const server of ['a', 'long']) {
      printer.ready({ ...served, server });
      printer.relay({ url: 'wss://r', status: 'connecting' }, server);
      printer.relay({ url: 'wss://r', status: 'ready', latencyMs: server.length }, server);
      printer.relay({ url: 'wss://s', status: 'waiting', reason: 'no' }, server);
    }
    printer.relay({ url: 'wss://r', status: 'closed' }, 'a');
    printer.relay({ url: 'wss://r', status: 'ready', latencyMs: 7 }, 'a');
    printer.log('node 1234', 'hello', 'a');
    printer.problem('broken', 'long');
    printer.closed('a');
    expect(lines().slice(before.length)).toEqual([
      '  ✓ a     nprofile1address',
      '  ✓ wss://r  1 ms',
      '  ✗ wss://s  no; trying on',
      '  ✓ long  nprofile1address',
      '  a     node 1234 │ hello',
      '  ! long  broken',
      '  a     is closed',
    ]);
  });

  it('has a call on one line, whatever the caller wrote', () => {
    const { printer, lines } = printed();
    const name = 'a\u001b[2J\nb';
    printer.call({ caller, method: 'tools/call', name, durationMs: 12.4, outcome: 'tool_error' });
    expect(lines()).toEqual([
      expect.stringMatching(
        /^ {2}\d\d:\d\d:\d\d {2}npub1ct7mn…l88h {2}tools\/call a\[2J b {16,} +12 ms {2}tool error$/,
      ),
    ]);
  });

  it('has a problem once, and not all that a stranger can make', () => {
    const { printer, lines } = printed();
    for (let index = 0; index < 100; index++) {
      printer.problem('the same');
      printer.problem(`number ${index}`);
    }
    expect(lines()).toHaveLength(20);
  });

  it('has no secret in it, whoever wrote the line', () => {
    const { printer, lines } = printed();
    printer.log('node 1234', 'GITHUB_TOKEN=ghp_abcdefghijk');
    expect(lines()).toEqual(['  node 1234 │ GITHUB_TOKEN=[redacted]']);
  });

  it('is as much as was asked for', () => {
    const all = (level: LogLevel): string[] => {
      const { printer, lines } = printed(level);
      printer.ready({ ...served, server: 'a' });
      printer.relay({ url: 'wss://r', status: 'ready' });
      printer.relay({ url: 'wss://s', status: 'waiting', reason: 'no' });
      printer.relay({ url: 'wss://t', status: 'connecting' });
      printer.note('debug', 'a detail');
      printer.log('node', 'a line');
      printer.problem('a problem');
      return lines().map((line) => line.trim());
    };
    const urgent = ['✗ wss://s  no; trying on', '! a problem'];
    expect(all('silent')).toEqual([]);
    expect(all('error')).toEqual([]);
    expect(all('warn')).toEqual(urgent);
    expect(all('info')).toEqual([
      '✓ a  nprofile1address',
      '✓ wss://r',
      urgent[0],
      'node │ a line',
      urgent[1],
    ]);
    expect(all('debug')).toEqual(
      expect.arrayContaining([...all('info'), 'wss://t  connecting', 'wss://s  waiting no', 'a detail']),
    );
  });
});
