import assert from 'node:assert/strict';

import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';

import { freePort } from '../helpers/free-ports.ts';
import { converse, echo } from './callers.ts';
import type { Check } from './check.ts';
import { authorization, type Scene } from './scene.ts';
import { webSocketTransport } from './web-socket.ts';

const header = ['--header', `Authorization: ${authorization}`];

/** Their bridges, and the Inspector, in front of ours. */
export const inFront: readonly Check[] = [
  {
    name: 'mcp-remote -> connect --http',
    run: async (scene) => {
      const args = [await scene.listen('http'), '--header', `Authorization:${authorization}`, '--silent'];
      await converse(scene.stdio(scene.stage.theirs.mcpRemote, args));
    },
  },
  {
    name: 'mcp-remote -> connect --sse',
    run: async (scene) => {
      const args = [await scene.listen('sse'), '--header', `Authorization:${authorization}`, '--silent'];
      await echo(scene.stdio(scene.stage.theirs.mcpRemote, [...args, '--transport', 'sse-only']));
    },
  },
  {
    name: 'Inspector --cli -> connect',
    run: (scene) => inspect(scene, [process.execPath, scene.stage.cli, 'connect', scene.stage.everything]),
  },
  {
    name: 'Inspector --cli -> connect --http',
    run: async (scene) =>
      inspect(scene, ['--transport', 'http', '--server-url', await scene.listen('http'), ...header]),
  },
  {
    name: 'Inspector --cli -> connect --sse',
    run: async (scene) =>
      inspect(scene, ['--transport', 'sse', '--server-url', await scene.listen('sse'), ...header]),
  },
  {
    name: 'supergateway (stdio -> HTTP+SSE) -> connect',
    run: async (scene) => {
      const port = await supergateway(scene, ['--outputTransport', 'sse']);
      await converse(new SSEClientTransport(new URL(`http://127.0.0.1:${port}/sse`)));
    },
  },
  {
    name: 'supergateway (stdio -> Streamable HTTP) -> connect',
    run: async (scene) => {
      const port = await supergateway(scene, ['--outputTransport', 'streamableHttp', '--stateful']);
      await converse(new StreamableHTTPClientTransport(new URL(`http://127.0.0.1:${port}/mcp`)));
    },
  },
  {
    name: 'supergateway (stdio -> WebSocket) -> connect',
    run: async (scene) => {
      const port = await supergateway(scene, ['--outputTransport', 'ws']);
      // It does not carry what a server asks its client, whoever is behind it.
      await echo(webSocketTransport(`ws://127.0.0.1:${port}/message`));
    },
  },
  {
    name: 'supergateway (HTTP+SSE -> stdio) -> connect --sse',
    run: async (scene) => {
      const args = ['--sse', await scene.listen('sse'), '--oauth2Bearer', authorization.slice(7)];
      await echo(scene.stdio(scene.stage.theirs.supergateway, args));
    },
  },
  {
    name: 'supergateway (Streamable HTTP -> stdio) -> connect --http',
    run: async (scene) => {
      const args = ['--streamableHttp', await scene.listen('http'), '--oauth2Bearer', authorization.slice(7)];
      await echo(scene.stdio(scene.stage.theirs.supergateway, args));
    },
  },
];

/** A call with the Inspector's command line. */
async function inspect(scene: Scene, target: readonly string[]): Promise<void> {
  const call = ['--method', 'tools/call', '--tool-name', 'echo', '--tool-arg', 'message=hello'];
  const { exitCode, stdout, stderr } = await scene.start(scene.stage.theirs.inspector, [
    '--cli',
    ...target,
    ...call,
  ]).ended;
  assert.equal(exitCode, 0, stderr);
  assert.match(stdout, /"Echo: hello"/);
}

/** `connect` as the child of a supergateway. Gives its port. */
async function supergateway(scene: Scene, args: readonly string[]): Promise<number> {
  const { cli, everything, theirs } = scene.stage;
  const port = await freePort();
  const command = `${process.execPath} ${cli} connect ${everything}`;
  await scene.startAt(port, theirs.supergateway, ['--stdio', command, '--port', String(port), ...args]);
  return port;
}
