import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

import { z } from 'zod';

export interface Gateway {
  /** Of the server on Nostr. */
  readonly address: string;
  close(): Promise<void>;
}

const readyEvent = z.object({ event: z.literal('ready'), address: z.string() });

/** `mcp-nostr serve URL` in a process of its own; its key, made for the occasion, lies under `MCP_NOSTR_HOME`. */
export async function serveBehindGateway(url: URL, relays: readonly string[]): Promise<Gateway> {
  const cli = process.env['CONFORMANCE_CLI'] ?? '';
  const key = `${process.env['MCP_NOSTR_HOME']}/gateway-${process.pid}.key`;
  const words = [
    cli,
    'serve',
    url.href,
    '--public',
    '--json',
    '--key',
    key,
    ...relays.flatMap((relay) => ['--relay', relay]),
  ];
  const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  const lines = createInterface({ input: child.stdout });
  const ready = new Promise<string>((resolve, reject) => {
    lines.on('line', (line) => {
      const event = readyEvent.safeParse(JSON.parse(line));
      if (event.success) resolve(event.data.address);
    });
    ended.then(([code]) => reject(new Error(`the gateway ended with ${code} at its start`)), reject);
  });
  return {
    address: await ready,
    close: async () => {
      child.kill('SIGTERM');
      await ended;
    },
  };
}
