import assert from 'node:assert/strict';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { Client } from '@modelcontextprotocol/sdk/client/index.js';

import { converseWith } from './callers.ts';
import type { Check } from './check.ts';
import type { Scene } from './scene.ts';

/** The reference servers behind `serve`, used as a host would use them, through `connect`. */
export const servers: readonly Check[] = [
  {
    name: 'serve -- server-everything: calls, progress, sampling',
    run: (scene) => converseWith(scene, scene.stage.everything),
  },
  {
    name: 'serve -- server-everything: resources and prompts',
    run: (scene) =>
      asHost(scene, scene.stage.everything, async (client) => {
        const { resources } = await client.listResources();
        const { contents } = await client.readResource({ uri: resources[0]?.uri ?? 'none' });
        assert.ok(JSON.stringify(contents).length > 100);
        const { prompts } = await client.listPrompts();
        assert.ok(prompts.some(({ name }) => name === 'simple-prompt'));
        const { messages } = await client.getPrompt({ name: 'simple-prompt' });
        assert.ok(messages.length > 0);
      }),
  },
  {
    name: 'serve -- server-filesystem: files are written and read, and none elsewhere',
    run: checkFiles,
  },
  {
    name: 'serve -- server-memory: what one connection tells, the next knows',
    run: checkMemory,
  },
];

async function checkFiles(scene: Scene): Promise<void> {
  const folder = join(scene.stage.folder, 'files');
  await mkdir(folder, { recursive: true });
  const address = await scene.serve(['--', process.execPath, scene.stage.theirs.filesystem, folder]);
  await asHost(scene, address, async (client) => {
    const path = join(folder, 'note.txt');
    const content = 'line\n'.repeat(100_000);
    await call(client, 'write_file', { path, content });
    assert.equal(await readFile(path, 'utf8'), content);
    assert.ok((await call(client, 'read_text_file', { path })).includes(content));
    assert.match(await call(client, 'list_directory', { path: folder }), /note\.txt/);
    const outside = await client.callTool({ name: 'read_text_file', arguments: { path: '/etc/hostname' } });
    assert.equal(outside.isError, true);
    assert.match(JSON.stringify(outside.content), /denied/i);
  });
}

async function checkMemory(scene: Scene): Promise<void> {
  const file = join(scene.stage.folder, 'memory.jsonl');
  const address = await scene.serve(['--', process.execPath, scene.stage.theirs.memory], {
    MEMORY_FILE_PATH: file,
  });
  await asHost(scene, address, async (client) => {
    const entities = [{ name: 'Ada', entityType: 'person', observations: ['wrote the first program'] }];
    await call(client, 'create_entities', { entities });
  });
  await asHost(scene, address, async (client) => {
    assert.match(await call(client, 'search_nodes', { query: 'Ada' }), /wrote the first program/);
  });
  assert.match(await readFile(file, 'utf8'), /Ada/);
}

async function asHost(scene: Scene, address: string, use: (client: Client) => Promise<void>): Promise<void> {
  const client = new Client({ name: 'host', version: '1.0.0' });
  try {
    await client.connect(scene.stdio(scene.stage.cli, ['connect', address]));
    await use(client);
  } finally {
    await client.close();
  }
}

/** The text of a result that is no error. */
async function call(client: Client, name: string, args: Record<string, unknown>): Promise<string> {
  const { content, isError } = await client.callTool({ name, arguments: args });
  const text = (content as { text?: string }[]).map((part) => part.text ?? '').join('\n');
  assert.notEqual(isError, true, text);
  return text;
}
