import { expect, it } from 'vitest';

import { Filter } from '../filter/filter.ts';
import { Glob } from '../filter/glob.ts';
import { humanPrinter, jsonPrinter } from './print-serve.ts';

const caller = {
  pubkey: 'f'.repeat(64),
  npub: 'npub1ct7mnuprahr6npcl7zumrvlsexs7uztty7eu66hj089xf4g6h0pqrql88h',
  connectionId: '0'.repeat(32),
};

function printed(): { text: () => string; write: (text: string) => void } {
  let all = '';
  return { text: () => all, write: (text) => (all += text) };
}

it('prints a call on one line, whatever the caller wrote', () => {
  const { text, write } = printed();
  const printer = humanPrinter(write, (_style, word) => word);
  printer.call({
    caller,
    method: 'tools/call',
    name: 'a\u001b[2J\nb',
    durationMs: 12.4,
    outcome: 'tool_error',
  });
  expect(text()).toMatch(
    /^ {2}\d\d:\d\d:\d\d {2}npub1ct7mn…l88h {2}tools\/call a\[2J b {16,} +12 ms {2}tool error\n$/,
  );
});

it('shows a problem once, and not all that a stranger can make', () => {
  const { text, write } = printed();
  const printer = humanPrinter(write, (_style, word) => word);
  for (let index = 0; index < 100; index++) {
    printer.problem('the same');
    printer.problem(`number ${index}`);
  }
  expect(
    text()
      .split('\n')
      .filter((line) => line !== ''),
  ).toHaveLength(20);
});

it('prints one JSON object a line', () => {
  const { text, write } = printed();
  const printer = jsonPrinter(
    write,
    humanPrinter(
      () => undefined,
      (_style, word) => word,
    ),
  );
  printer.ready({
    npub: 'npub1',
    address: 'nprofile1',
    relays: [],
    command: ['x'],
    keyFile: '/k',
    allow: 'public',
  });
  printer.relay({ url: 'wss://a', status: 'ready', latencyMs: 1.2345 });
  printer.call({ caller, method: 'ping', durationMs: 1.26, outcome: 'ok' });
  const events = text()
    .trim()
    .split('\n')
    .map((line): unknown => JSON.parse(line));
  expect(events).toEqual([
    { event: 'ready', npub: 'npub1', address: 'nprofile1', relays: [] },
    { event: 'relay', url: 'wss://a', status: 'ready', latencyMs: 1.2 },
    {
      event: 'call',
      time: expect.any(String),
      caller: caller.npub,
      method: 'ping',
      durationMs: 1.3,
      outcome: 'ok',
    },
  ]);
});

it('says at the start what callers do not see', () => {
  const { text, write } = printed();
  const [get, secret, all] = ['get_*', '*_secret', '*'].map((glob) => new Glob(glob));
  if (get === undefined || secret === undefined || all === undefined) throw new Error('no globs');
  const server = { npub: '', address: '', relays: [], command: ['x'], keyFile: '', allow: 'public' as const };
  humanPrinter(write, (_style, word) => word).ready({
    ...server,
    filter: new Filter({ tool: { allow: [get], deny: [secret] }, prompt: { allow: [], deny: [all] } }),
  });
  expect(text()).toContain('\n  filter    tools get_*, not *_secret; prompts not *\n');
});
