import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { bin, packageFolders, root, run } from './run.ts';

/** What a stranger writes after `npm install`, in one file: a relay, a server, a client. */
const roundTrip = `
import { NostrClientTransport } from '@mcp-nostr/client';
import { engineName, generateSecretKey, secretKeySigner } from '@mcp-nostr/core';
import { startRelay } from '@mcp-nostr/relay';
import { serve } from '@mcp-nostr/server';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';

const relay = await startRelay();
const signer = secretKeySigner(generateSecretKey());
const server = await serve({ signer, relays: [relay.url], allow: 'public' }, () => {
  const mcp = new McpServer({ name: 'packed', version: '1.0.0' });
  mcp.registerTool('ping', {}, () => ({ content: [{ type: 'text', text: 'pong' }] }));
  return mcp;
});
const client = new Client({ name: 'packed-client', version: '1.0.0' });
await client.connect(new NostrClientTransport({ server: server.address }));
const result = await client.callTool({ name: 'ping', arguments: {} });
console.log(JSON.stringify({ content: result.content, engine: engineName }));
await client.close();
await server.close();
await relay.close();
`;

/** Uses every package's types. */
const typed = `
import { NostrClientTransport, type NostrClientTransportOptions } from '@mcp-nostr/client';
import { type Address, parseAddress, type Signer } from '@mcp-nostr/core';
import { type Relay, startRelay } from '@mcp-nostr/relay';
import { type NostrServer, serve } from '@mcp-nostr/server';
import { TransportError } from '@mcp-nostr/transport';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';

export async function use(signer: Signer, server: string): Promise<[Relay, NostrServer, Address]> {
  const options: NostrClientTransportOptions = { server, signer };
  await new Client({ name: 'typed', version: '1.0.0' }).connect(new NostrClientTransport(options));
  const relay = await startRelay({ port: 0 });
  const served = await serve({ signer, relays: [relay.url], allow: 'public' }, (caller) => {
    return new McpServer({ name: caller.npub, version: '1.0.0' });
  });
  const code: string | undefined = new TransportError('closed', 'over').code;
  // @ts-expect-error -- who may call has to be said
  void serve({ signer, relays: [] }, () => new McpServer({ name: code, version: '' }));
  return [relay, served, parseAddress(server)];
}
`;

const resolutions = {
  nodenext: { module: 'nodenext', moduleResolution: 'nodenext' },
  bundler: { module: 'esnext', moduleResolution: 'bundler' },
};

interface Manifest {
  name: string;
  version: string;
  dependencies: Record<string, string>;
  optionalDependencies: Record<string, string>;
  scripts: Record<string, string>;
}

let folder: string;
let project: string;
let tarballs: string[];
let cliTarball: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mcp-nostr-tarballs-'));
  project = join(folder, 'project');
  const filters = packageFolders.flatMap((path) => ['--filter', `./${path}`]);
  // The same pnpm as in the script "setup", so that none has to be installed.
  const pnpm = ['--yes', 'pnpm@12.21.0', ...filters, '-r', 'pack', '--pack-destination', folder];
  await run('npx', pnpm);
  tarballs = (await readdir(folder))
    .filter((name) => name.endsWith('.tgz'))
    .map((name) => join(folder, name));
  cliTarball = tarballs.find((path) => /\/mcp-nostr-\d/.test(path)) ?? '';
  await installTarballs();
});

afterAll(async () => {
  if (folder !== undefined) await rm(folder, { recursive: true, force: true });
});

describe('the packed packages', () => {
  it('are six, of the packages that are meant to be published', async () => {
    const manifests = await Promise.all(tarballs.map(manifestOf));
    const scoped = ['client', 'core', 'relay', 'server', 'transport'].map((name) => `@mcp-nostr/${name}`);
    expect(manifests.map(({ name }) => name).sort()).toEqual([...scoped, 'mcp-nostr']);
  });

  it('contain code, types, sources, licence and README, and neither tests nor build state', async () => {
    const wanted = [
      'LICENSE',
      'README.md',
      'dist/index.d.ts',
      'dist/index.js',
      'package.json',
      'src/index.ts',
    ];
    for (const tarball of tarballs.filter((path) => path !== cliTarball)) {
      const files = await filesOf(tarball);
      expect(files).toEqual(expect.arrayContaining(wanted));
      const unwanted = /\.test\.|tsbuildinfo|(bip340|nip44)\.vectors\.json|node_modules/;
      expect(files.filter((path) => unwanted.test(path))).toEqual([]);
    }
  });

  it('are for the command line one program in one file, and what has to be said about it', async () => {
    const files = ['LICENSE', 'README.md', 'dist/THIRD-PARTY.txt', 'dist/mcp-nostr.js', 'package.json'];
    expect((await filesOf(cliTarball)).sort()).toEqual(files);
    const { dependencies, optionalDependencies, scripts } = await manifestOf(cliTarball);
    expect(dependencies).toEqual({});
    // It is native code, which cannot be in the file, and without it keys are kept elsewhere.
    expect(Object.keys(optionalDependencies)).toEqual(['@napi-rs/keyring']);
    expect(Object.keys(scripts).filter((name) => name.endsWith('install'))).toEqual([]);
  });

  it('name versions, and nothing of the workspace, as what they depend on', async () => {
    const manifests = await Promise.all(tarballs.map(manifestOf));
    const ranges = manifests.flatMap(({ name, dependencies }) =>
      Object.entries(dependencies).map(([other, range]) => `${name} needs ${other} ${range}`),
    );
    expect(ranges.filter((line) => !/ \^\d+\.\d+\.\d+$/.test(line))).toEqual([]);
  });

  it('pass publint', async () => {
    const reports = tarballs.map((tarball) => run(bin('publint'), ['run', tarball, '--strict']));
    for (const report of await Promise.all(reports)) expect(report).toContain('All good!');
  });

  it('carry a tool call from a client to a server through a relay, with plain node', async () => {
    const output = await run(process.execPath, ['round-trip.mjs'], project);
    expect(JSON.parse(output)).toEqual({
      content: [{ type: 'text', text: 'pong' }],
      engine: 'libsecp256k1-wasm',
    });
  });

  it.each(Object.entries(resolutions))('type-check under %s resolution', async (name, options) => {
    const compilerOptions = { ...options, target: 'es2022', lib: ['es2023', 'dom'], types: ['node'] };
    const strict = { strict: true, exactOptionalPropertyTypes: true, skipLibCheck: false, noEmit: true };
    const config = { compilerOptions: { ...compilerOptions, ...strict }, files: ['typed.ts'] };
    const file = join(project, `tsconfig.${name}.json`);
    await writeFile(file, JSON.stringify(config));
    expect(await run(bin('tsc'), ['-p', file], project)).toBe('');
  });
});

/** A project that has the five to be imported; each finds the others among the tarballs and not at the registry. */
async function installTarballs(): Promise<void> {
  await mkdir(project);
  const libraries = tarballs.filter((path) => path !== cliTarball);
  const manifests = await Promise.all(
    libraries.map(async (tarball) => ({ tarball, manifest: await manifestOf(tarball) })),
  );
  const ours = manifests.map(({ tarball, manifest }) => [manifest.name, `file:${tarball}`]);
  const dependencies = {
    ...Object.fromEntries(ours),
    '@modelcontextprotocol/sdk': await installedVersion('test', '@modelcontextprotocol/sdk'),
    '@types/node': await installedVersion('.', '@types/node'),
  };
  const overrides = Object.fromEntries(ours.map(([name]) => [name, `$${name}`]));
  const manifest = { name: 'project', private: true, type: 'module', dependencies, overrides };
  await writeFile(join(project, 'package.json'), JSON.stringify(manifest));
  await writeFile(join(project, 'round-trip.mjs'), roundTrip);
  await writeFile(join(project, 'typed.ts'), typed);
  await run('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error'], project);
}

async function filesOf(tarball: string): Promise<string[]> {
  const paths = (await run('tar', ['-tzf', tarball])).trimEnd().split('\n');
  return paths.map((path) => path.replace('package/', ''));
}

async function manifestOf(tarball: string): Promise<Manifest> {
  const text = await run('tar', ['-xzOf', tarball, 'package/package.json']);
  return {
    dependencies: {},
    optionalDependencies: {},
    scripts: {},
    ...(JSON.parse(text) as Partial<Manifest>),
  } as Manifest;
}

/** What the workspace itself is tested with. */
async function installedVersion(workspace: string, name: string): Promise<string> {
  const text = await readFile(join(root, workspace, 'node_modules', name, 'package.json'), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
