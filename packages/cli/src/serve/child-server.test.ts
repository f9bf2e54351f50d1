import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { JsonRpcMessage } from '@mcp-nostr/core';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';

import { hideSecret } from '../log/redact.ts';
import { isAlive, until } from '../run-cli.test.support.ts';
import { Children } from './child/children.ts';
import { childEnvironment } from './child-environment.ts';
import { ChildServer, type ServerTransport } from './child-server.ts';

/** Node programs that behave as children do. Each starts with `lines`, which hands over each line of stdin. */
const programs = {
  echo: `lines((m) => send({ jsonrpc: '2.0', id: m.id, result: { method: m.method, caller: [process.env.MCP_NOSTR_CALLER, process.env.MCP_NOSTR_CALLER_PUBKEY], secret: process.env.NOSTR_SECRET_KEY } }));`,
  dies: `lines((m) => { console.error('Error: the disk is \\u001b[31mfull'); console.error('goodbye'); process.exit(3); });`,
  garbage: `console.log('Listening on stdio'); console.log('{"jsonrpc":"1.0"}'); lines((m) => send({ jsonrpc: '2.0', id: m.id, result: {} }));`,
  large: `lines((m) => send({ result: { text: 'x'.repeat(m.method === 'ping' ? 11 * 1024 * 1024 : 1) }, jsonrpc: '2.0', id: m.id }));`,
  long: `process.stdout.write('x'.repeat(11 * 1024 * 1024) + '\\n'); lines((m) => send({ jsonrpc: '2.0', id: m.id, result: {} }));`,
  stubborn: `process.on('SIGTERM', () => {}); setInterval(() => {}, 1000); lines((m) => send({ jsonrpc: '2.0', id: m.id, result: { pid: process.pid } }));`,
  parent: `const { spawn } = await import('node:child_process');
    const child = spawn(process.execPath, ['-e', 'process.on("SIGTERM", () => {}); setInterval(() => {}, 1000)'], { stdio: 'inherit' });
    lines((m) => { send({ jsonrpc: '2.0', id: m.id, result: { pid: child.pid } }); if (m.method === 'leave') process.exit(0); });`,
  tells: `console.error('Error: no way to postgres://app:hunter2pass@db/x with a-known-secret'); console.error('x'.repeat(1_985) + ' a-known-secret'); lines(() => process.exit(1));`,
  mute: `process.stdout.end(); setInterval(() => {}, 1000); lines(() => {});`,
  progress: `lines((m) => { send({ jsonrpc: '2.0', method: 'notifications/progress', params: { progressToken: 't', progress: 1 } }); send({ jsonrpc: '2.0', id: m.id, result: {} }); send({ jsonrpc: '2.0', method: 'notifications/progress', params: { progressToken: 't', progress: 2 } }); });`,
};
const prelude = `import { createInterface } from 'node:readline';
const send = (m) => console.log(JSON.stringify(m));
const lines = (on) => createInterface({ input: process.stdin }).on('line', (l) => on(JSON.parse(l)));
`;

let folder: string;
let children = new Children(() => undefined);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mcp-nostr-child-'));
  for (const [name, code] of Object.entries(programs))
    await writeFile(join(folder, `${name}.mjs`), prelude + code);
});
afterEach(() => {
  children.kill();
  children.close();
  children = new Children(() => undefined);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Wire extends ServerTransport {
  sent: JsonRpcMessage[];
  related: unknown[];
  isClosed: boolean;
  onsent?: () => void;
}

function wire(): Wire {
  const made: Wire = {
    sent: [],
    related: [],
    isClosed: false,
    start: async () => undefined,
    send: async (message, options) => {
      made.sent.push(message);
      made.related.push(options?.relatedRequestId);
      made.onsent?.();
    },
    close: async () => {
      made.isClosed = true;
      made.onclose?.();
    },
  };
  return made;
}

function serverOf(
  name: keyof typeof programs,
  command = process.execPath,
): { server: ChildServer; log: string[]; gone: () => boolean } {
  const log: string[] = [];
  let gone = false;
  const server = new ChildServer({
    children,
    command: {
      command,
      args: [join(folder, `${name}.mjs`)],
      env: childEnvironment(
        { ...process.env, NOSTR_SECRET_KEY: 'x', MCP_NOSTR_HOME: '/x' },
        { caller: { npub: 'npub1caller', pubkey: 'c0ffee' } },
      ),
    },
    onlog: (line) => log.push(line),
    ongone: () => {
      gone = true;
    },
    graceMs: 300,
  });
  return { server, log, gone: () => gone };
}

const request = (id: number, method = 'ping'): JsonRpcMessage => ({ jsonrpc: '2.0', id, method });

async function pidFrom(transport: Wire, method?: string): Promise<number> {
  transport.onmessage?.(request(1, method));
  await until('the answer', () => transport.sent.length > 0);
  const answer = transport.sent[0];
  return answer !== undefined && 'result' in answer ? Number(answer.result['pid']) : 0;
}

it('passes messages through, and the caller but no secret in the environment', async () => {
  const transport = wire();
  const { server, gone } = serverOf('echo');
  await server.connect(transport);
  transport.onmessage?.(request(7, 'tools/list'));
  await until('the answer', () => transport.sent.length === 1);
  expect(transport.sent).toEqual([
    { jsonrpc: '2.0', id: 7, result: { method: 'tools/list', caller: ['npub1caller', 'c0ffee'] } },
  ]);
  await server.close();
  expect(transport.isClosed).toBe(true);
  expect(gone()).toBe(true);
});

it('answers every request under way when the child dies, with how and why, and keeps the connection', async () => {
  const transport = wire();
  const { server, log } = serverOf('dies');
  await server.connect(transport);
  transport.onmessage?.(request(1));
  transport.onmessage?.(request(2));
  transport.onmessage?.({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 2 } });
  transport.onmessage?.(request(3));
  await until('the answers', () => transport.sent.length === 2);
  expect(transport.sent.map((message) => ('id' in message ? message.id : undefined))).toEqual([1, 3]);
  expect(transport.sent[0]).toMatchObject({
    error: {
      message: "the server's program ended with exit code 3: Error: the disk is [31mfull",
      data: { code: 'server_failed' },
    },
  });
  expect(transport.isClosed).toBe(false);
  expect(log.at(-1)).toMatch(/^the program ended with exit code 3: .*; it is tried again in 250 ms$/);
});

it('tells a caller the last error of the program, and neither a caller nor the log a secret in it', async () => {
  hideSecret('a-known-secret');
  const transport = wire();
  const { server, log } = serverOf('tells');
  await server.connect(transport);
  transport.onmessage?.(request(1));
  await until('the answer', () => transport.sent.length === 1);
  const [answer] = transport.sent;
  expect(answer !== undefined && 'error' in answer ? answer.error.message : '').toContain(
    'no way to postgres://[redacted]@db/x with [redacted]',
  );
  expect(log[1]).toMatch(/x \[redacted\]$/);
});

it('reports what is no JSON-RPC on stdout and goes on', async () => {
  const transport = wire();
  const { server, log } = serverOf('garbage');
  await server.connect(transport);
  transport.onmessage?.(request(1));
  await until('the answer', () => transport.sent.length === 1);
  expect(log[0]).toContain('Listening on stdio');
  expect(log[1]).toContain('"1.0"');
});

it('answers a request whose answer is too long, and goes on', async () => {
  const transport = wire();
  const { server, log } = serverOf('large');
  await server.connect(transport);
  transport.onmessage?.(request(1));
  transport.onmessage?.(request(2, 'tools/call'));
  await until('the answers', () => transport.sent.length === 2);
  expect(transport.sent).toMatchObject([
    { id: 1, error: { data: { code: 'message_too_large' } } },
    { id: 2, result: { text: 'x' } },
  ]);
  expect(log).toEqual(['a line on stdout was too long and was skipped']);
});

it('skips a line without end', async () => {
  const transport = wire();
  const { server, log } = serverOf('long');
  await server.connect(transport);
  transport.onmessage?.(request(1));
  await until('the answer', () => transport.sent.length === 1);
  expect(log).toEqual(['a line on stdout was too long and was skipped']);
});

it('kills a child that ignores SIGTERM', async () => {
  const transport = wire();
  const { server } = serverOf('stubborn');
  await server.connect(transport);
  const pid = await pidFrom(transport);
  const startedAt = performance.now();
  await server.close();
  await until('its end', () => !isAlive(pid));
  expect(performance.now() - startedAt).toBeGreaterThanOrEqual(250);
});

it('takes the grandchildren along', async () => {
  const transport = wire();
  const { server } = serverOf('parent');
  await server.connect(transport);
  const grandchild = await pidFrom(transport);
  expect(isAlive(grandchild)).toBe(true);
  await server.close();
  await until('its end', () => !isAlive(grandchild));
});

it('takes the grandchildren along also when the child leaves first and they hold its pipes', async () => {
  const transport = wire();
  const { server } = serverOf('parent');
  await server.connect(transport);
  const grandchild = await pidFrom(transport, 'leave');
  await until('its end', () => !isAlive(grandchild));
  expect(transport.isClosed).toBe(false);
});

it('ends a child that closed its stdout: it can answer nothing', async () => {
  const transport = wire();
  const { server } = serverOf('mute');
  await server.connect(transport);
  transport.onmessage?.(request(1));
  await until('the answer', () => transport.sent.length === 1);
  expect(transport.sent[0]).toMatchObject({
    id: 1,
    error: { message: "the server's program closed its output" },
  });
  await until('its end', () => children.size === 0);
});

it('ends the child when the client goes', async () => {
  const transport = wire();
  const { server, gone } = serverOf('stubborn');
  await server.connect(transport);
  const pid = await pidFrom(transport);
  transport.onclose?.();
  await until('the end', gone);
  await until('its end', () => !isAlive(pid));
  expect(transport.isClosed).toBe(true);
});

it('names progress after its request until that is answered', async () => {
  const transport = wire();
  const { server } = serverOf('progress');
  await server.connect(transport);
  transport.onmessage?.({
    jsonrpc: '2.0',
    id: 5,
    method: 'tools/call',
    params: { _meta: { progressToken: 't' } },
  });
  await until('all three', () => transport.sent.length === 3);
  expect(transport.related).toEqual([5, undefined, undefined]);
});

it('answers requests when the program is not there, with what to do and when it is tried again', async () => {
  const transport = wire();
  const { server, log, gone } = serverOf('echo', 'no-such-program-anywhere');
  await server.connect(transport);
  const answered = new Promise<void>((resolve) => (transport.onsent = resolve));
  transport.onmessage?.(request(1));
  await answered;
  // At once, before it is tried again.
  transport.onmessage?.(request(2));
  expect(transport.sent).toMatchObject([
    {
      id: 1,
      error: {
        message: expect.stringMatching(/^the server's program no-such-.* its owner has to install it/),
      },
    },
    {
      id: 2,
      error: {
        message: expect.stringMatching(/no-such.*; it is tried again in \d+ ms$/),
        data: { code: 'server_failed', retryAfterMs: expect.any(Number) },
      },
    },
  ]);
  expect(log).toEqual([expect.stringMatching(/no-such.*; it is tried again in 250 ms$/)]);
  await server.close();
  expect(gone()).toBe(true);
});

it('leaves nothing behind when it is closed while it starts', async () => {
  const transport = wire();
  const { server, gone } = serverOf('stubborn');
  await server.connect(transport);
  transport.onmessage?.(request(1));
  await server.close();
  expect(gone()).toBe(true);
  expect(children.size).toBe(0);
  expect(transport.sent).toEqual([]);
});
