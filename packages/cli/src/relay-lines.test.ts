import { expect, it } from 'vitest';

import { relayLines } from './relay-lines.ts';

it('shows a relay with its latency, or why it is away, as it changes', () => {
  const lines: string[] = [];
  const show = relayLines(
    (line) => lines.push(line),
    (_style, text) => text,
  );
  const url = 'wss://relay.example';
  show({ url, status: 'connecting' });
  show({ url, status: 'ready', latencyMs: 41.4 });
  show({ url, status: 'waiting', reason: 'refused\u001b[2J' });
  show({ url, status: 'connecting' });
  show({ url, status: 'waiting', reason: 'refused\u001b[2J' });
  show({ url, status: 'ready', latencyMs: 41.4 });
  expect(lines).toEqual([
    '✓ wss://relay.example  41 ms',
    '✗ wss://relay.example  refused[2J; trying on',
    '✓ wss://relay.example  41 ms',
  ]);
});
