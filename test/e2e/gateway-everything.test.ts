import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { join } from 'node:path';

import { CallToolResultSchema, CreateMessageRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { freePort } from '../helpers/free-ports.ts';
import { Gateway } from '../helpers/gateway.ts';

const everything = join(
  createRequire(import.meta.url).resolve('@modelcontextprotocol/server-everything/package.json'),
  '../dist/index.js',
);
const gateway = new Gateway();
let port: number;
let server: ChildProcess;

/** Resolves when it listens. */
async function startServer(): Promise<void> {
  server = spawn(process.execPath, [everything, 'streamableHttp'], {
    env: { ...process.env, PORT: String(port) },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const { stderr } = server;
  if (stderr === null) throw new Error('it has no stderr');
  for await (const chunk of stderr) if (String(chunk).includes('listening')) break;
}

async function stopServer(): Promise<void> {
  server.kill('SIGKILL');
  await once(server, 'exit');
}

beforeAll(async () => {
  port = await freePort();
  await gateway.open([], {}, `http://127.0.0.1:${port}/mcp`);
});

afterAll(async () => {
  await gateway.disconnect();
  await gateway.close();
  await stopServer();
});

it('is server-everything over HTTP, which comes later than the gateway and is restarted in between', async () => {
  await expect.poll(() => gateway.output, { timeout: 10_000 }).toContain('ECONNREFUSED');
  await startServer();
  const client = await gateway.connect((each) => {
    each.setRequestHandler(CreateMessageRequestSchema, () => ({
      model: 'm',
      role: 'assistant',
      content: { type: 'text', text: 'sampled' },
    }));
  });
  const { tools } = await client.listTools();
  expect(tools.length).toBeGreaterThan(8);
  const seen: number[] = [];
  await client.callTool(
    { name: 'trigger-long-running-operation', arguments: { duration: 0.4, steps: 4 } },
    CallToolResultSchema,
    { onprogress: ({ progress }) => seen.push(progress) },
  );
  expect(seen).toEqual([1, 2, 3, 4].slice(0, seen.length));
  expect(seen.length).toBeGreaterThanOrEqual(3);
  const sampled = await client.callTool({ name: 'trigger-sampling-request', arguments: { prompt: 'p' } });
  expect(JSON.stringify(sampled)).toContain('sampled');
  const image = await client.callTool({ name: 'get-tiny-image' });
  expect(image.content).toContainEqual(expect.objectContaining({ type: 'image', mimeType: 'image/png' }));
  expect((await client.listPrompts()).prompts.length).toBeGreaterThan(0);
  expect((await client.listResources()).resources.length).toBeGreaterThan(0);

  await stopServer();
  await startServer();
  const echo = await client.callTool({ name: 'echo', arguments: { message: 'after the restart' } });
  expect(echo.content).toEqual([{ type: 'text', text: 'Echo: after the restart' }]);
});
