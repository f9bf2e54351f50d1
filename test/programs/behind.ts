import { freePort } from '../helpers/free-ports.ts';
import { converseWith, echoFrom } from './callers.ts';
import type { Check } from './check.ts';
import type { Scene } from './scene.ts';

/** Their bridges behind ours: what they make of a server is served over Nostr. */
export const behind: readonly Check[] = [
  {
    name: 'serve -- mcp-remote <Streamable HTTP>',
    run: async (scene) => {
      const url = await everythingAt(scene, 'streamableHttp', 'mcp');
      const words = [scene.stage.theirs.mcpRemote, url, '--allow-http', '--silent'];
      await converseWith(scene, await scene.serve(['--', process.execPath, ...words]));
    },
  },
  {
    name: 'serve -- supergateway --streamableHttp',
    run: async (scene) => {
      const url = await everythingAt(scene, 'streamableHttp', 'mcp');
      const words = [scene.stage.theirs.supergateway, '--streamableHttp', url];
      await echoFrom(scene, await scene.serve(['--', process.execPath, ...words]));
    },
  },
  {
    name: 'serve -- supergateway --sse',
    run: async (scene) => {
      const url = await everythingAt(scene, 'sse', 'sse');
      const words = [scene.stage.theirs.supergateway, '--sse', url];
      await echoFrom(scene, await scene.serve(['--', process.execPath, ...words]));
    },
  },
  {
    name: 'serve http://… of a supergateway with sessions',
    run: async (scene) => {
      const port = await supergateway(scene, ['--outputTransport', 'streamableHttp', '--stateful']);
      await converseWith(scene, await scene.serve([`http://127.0.0.1:${port}/mcp`]));
    },
  },
  {
    name: 'serve http://… of a supergateway without sessions',
    run: async (scene) => {
      const port = await supergateway(scene, ['--outputTransport', 'streamableHttp']);
      await echoFrom(scene, await scene.serve([`http://127.0.0.1:${port}/mcp`]));
    },
  },
  {
    name: 'serve --sse http://… of a supergateway',
    run: async (scene) => {
      const port = await supergateway(scene, ['--outputTransport', 'sse']);
      await converseWith(scene, await scene.serve(['--sse', `http://127.0.0.1:${port}/sse`]));
    },
  },
  {
    name: 'serve ws://… of a supergateway',
    run: async (scene) => {
      const port = await supergateway(scene, ['--outputTransport', 'ws']);
      // It does not carry what a server asks its client, whoever is in front of it.
      await echoFrom(scene, await scene.serve([`ws://127.0.0.1:${port}/message`]));
    },
  },
  {
    name: 'serve http://… of server-everything',
    run: async (scene) =>
      converseWith(scene, await scene.serve([await everythingAt(scene, 'streamableHttp', 'mcp')])),
  },
  {
    name: 'serve --sse http://… of server-everything',
    run: async (scene) =>
      converseWith(scene, await scene.serve(['--sse', await everythingAt(scene, 'sse', 'sse')])),
  },
];

/** `server-everything` on HTTP. Gives its URL. */
async function everythingAt(
  scene: Scene,
  transport: 'streamableHttp' | 'sse',
  path: string,
): Promise<string> {
  const port = await freePort();
  await scene.startAt(port, scene.stage.theirs.everything, [transport], { PORT: String(port) });
  return `http://127.0.0.1:${port}/${path}`;
}

/** `server-everything` on stdio as the child of a supergateway. Gives its port. */
async function supergateway(scene: Scene, args: readonly string[]): Promise<number> {
  const { supergateway: file, everything } = scene.stage.theirs;
  const port = await freePort();
  const command = `${process.execPath} ${everything} stdio`;
  await scene.startAt(port, file, ['--stdio', command, '--port', String(port), ...args]);
  return port;
}
