import { expect, it } from 'vitest';

import { jsonLine, Logger } from '../log/logger.ts';
import { jsonPrinter } from './print-json.ts';
import { logPrinter } from './print-log.ts';
import { allPrinters, printerFor, type ServePrinter, shownCall } from './print-serve.ts';

const caller = { pubkey: 'f'.repeat(64), npub: 'npub1caller', connectionId: '0'.repeat(32) };

/** All that can be reported, once. */
function reportAll(printer: ServePrinter): void {
  printer.ready({
    npub: 'npub1',
    address: 'nprofile1',
    relays: [],
    command: ['x'],
    keyFile: '/k',
    access: { isPublic: true, forThisRun: [], keys: 0, denied: 0, invites: 0 },
    words: '',
    isInviting: false,
    limits: [],
  });
  printer.relay({ url: 'wss://a', status: 'ready', latencyMs: 1.2345 });
  printer.call({ caller, method: 'ping', durationMs: 1.26, outcome: 'ok' });
  printer.invite({ link: 'nprofile1?invite=code', id: 'abc123', expiresAt: 1 });
  printer.paired({ npub: 'npub1caller', invite: 'abc123' });
  printer.log('node', 'a line');
  printer.problem('a problem');
  printer.note('info', 'a note');
  printer.closed();
}

function parsed(lines: string[]): Record<string, unknown>[] {
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

const time = expect.any(String);

it('prints events as one JSON object a line, and the rest for people', () => {
  const [events, log]: [string[], string[]] = [[], []];
  const people = logPrinter(new Logger('info', (line) => log.push(line), jsonLine));
  const printer = jsonPrinter((text) => events.push(text), people);
  reportAll(printer);
  expect(parsed(events)).toEqual([
    { event: 'ready', npub: 'npub1', address: 'nprofile1', relays: [] },
    { event: 'relay', url: 'wss://a', status: 'ready', latencyMs: 1.2 },
    { event: 'call', time, caller: 'npub1caller', method: 'ping', durationMs: 1.3, outcome: 'ok' },
    { event: 'paired', time, caller: 'npub1caller', invite: 'abc123' },
    { event: 'closed' },
  ]);
  expect(parsed(log)).toEqual([
    { time, level: 'info', msg: 'a line', source: 'node' },
    { time, level: 'warn', msg: 'a problem' },
    { time, level: 'info', msg: 'a note' },
  ]);
});

it('a caller fills no log with a method or a name', () => {
  const report = {
    caller,
    method: 'm'.repeat(1_000_000),
    name: `n\u001b[2J${'n'.repeat(1_000_000)}`,
    durationMs: 1,
  };
  const { method, name } = shownCall({ ...report, outcome: 'ok' });
  expect([method.length, name?.length, name?.slice(0, 5)]).toEqual([100, 300, 'n[2Jn']);
  expect(shownCall({ caller, method: 'ping', durationMs: 1, outcome: 'ok' })).not.toHaveProperty('name');
});

it('names the server where there are several, in events and in the log', () => {
  const [events, log]: [string[], string[]] = [[], []];
  const logger = logPrinter(new Logger('info', (line) => log.push(line), jsonLine));
  const shown = jsonPrinter(
    (text) => events.push(text),
    logPrinter(new Logger('silent', () => {}, jsonLine)),
  );
  const all = allPrinters(shown, logger);
  all.several({ file: 'f.json', names: ['a'], access: { isPublic: true, forThisRun: [] }, limits: [] });
  reportAll(printerFor('a', all));
  expect(parsed(events)[0]).toEqual({ event: 'config', file: 'f.json', servers: ['a'] });
  expect(
    parsed(events)
      .slice(1)
      .map(({ event, server }) => [event, server]),
  ).toEqual(['ready', 'relay', 'call', 'paired', 'closed'].map((event) => [event, 'a']));
  expect(
    parsed(log)
      .slice(1)
      .map(({ msg, server }) => [msg, server]),
  ).toEqual(
    ['ready', 'relay ready', 'call', 'invite', 'paired', 'a line', 'a problem', 'a note', 'closed'].map(
      (msg) => [msg, 'a'],
    ),
  );
  // The link of an invite is for the eyes of one person.
  expect([...events, ...log].join('')).not.toMatch(/code|link/);
});
