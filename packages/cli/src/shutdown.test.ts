import { expect, it, onTestFinished, vi } from 'vitest';

import { main } from './program.ts';

// Neither ever opens.
const opened = vi.hoisted(() => vi.fn<() => Promise<never>>(() => new Promise(() => undefined)));
vi.mock('./serve/served.ts', () => ({ openServed: opened }));
vi.mock('@mcp-nostr/relay', () => ({ startRelay: opened }));

it('serve and relay go at a signal to stop that comes while they still open', async () => {
  const exit = vi.spyOn(process, 'exit').mockReturnValue(undefined as never);
  onTestFinished(() => exit.mockRestore());
  void main(['serve', '--public', '--relay', 'ws://127.0.0.1:1', '--', 'cat']);
  void main(['relay', '--port', '0']);
  await vi.waitFor(() => expect(opened).toHaveBeenCalledTimes(2));
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  process.emit('SIGTERM', 'SIGTERM');
  await vi.advanceTimersByTimeAsync(10_000);
  expect(exit.mock.calls).toEqual([[0], [0]]);
});
