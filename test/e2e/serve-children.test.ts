import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';

import {
  CallToolResultSchema,
  ToolListChangedNotificationSchema as ToolListChanged,
} from '@modelcontextprotocol/sdk/types.js';
import { expect, it } from 'vitest';

import type { SourcePrinter } from '../../packages/cli/src/serve/print-serve.ts';
import { type CommandOptions, commandSource, type Source } from '../../packages/cli/src/serve/source.ts';
import { connect2 } from '../helpers/eras.ts';
import { legs } from '../helpers/legs.ts';
import { Recorder } from '../helpers/recorder.ts';
import { withWorld, World } from '../helpers/world.ts';

const everything = join(
  createRequire(import.meta.url).resolve('@modelcontextprotocol/server-everything/package.json'),
  '../dist/index.js',
);

function nothing(): void {}

/** server-everything as a child of this process; the words make its processes known from others'. */
async function withEverything(
  options: CommandOptions,
  run: (world: World, pids: () => number[]) => Promise<void>,
): Promise<void> {
  const mark = `mark-${Math.random()}`;
  const printer: SourcePrinter = { log: nothing, problem: nothing };
  const source: Source = commandSource([process.execPath, everything, 'stdio', mark], printer, options);
  const pids = (): number[] =>
    spawnSync('pgrep', ['-f', mark]).stdout.toString().split('\n').filter(Boolean).map(Number);
  const [leg] = legs;
  if (leg === undefined) throw new Error('there is no leg');
  await withWorld(new World(leg, source.open), async (world) => {
    await run(world, pids);
    await source.close();
    expect(pids()).toEqual([]);
  });
}

const slow = { name: 'trigger-long-running-operation', arguments: { duration: 600, steps: 6_000 } };

it('a child that is killed in the middle of a call costs that call alone: the client goes on with the next child', async () => {
  await withEverything({}, async (world, pids) => {
    const changes = new Recorder<string>('a changed list');
    const { client } = await world.connect({
      prepare: (each) => {
        each.setNotificationHandler(ToolListChanged, () => changes.add('tools'));
      },
    });
    const progress = new Recorder<number>('progress');
    const call = client.callTool(slow, CallToolResultSchema, {
      onprogress: (news) => progress.add(news.progress),
    });
    const failure = call.catch((error: unknown) => String(error));
    await progress.first();
    const [pid = 0] = pids();
    process.kill(pid, 'SIGKILL');
    expect(await failure).toContain("the server's program was ended by SIGKILL");
    await changes.first();
    const echo = await client.callTool({ name: 'echo', arguments: { message: 'again' } });
    expect(echo.content).toEqual([{ type: 'text', text: 'Echo: again' }]);
    expect(pids()).not.toContain(pid);
  });
});

it('one child serves clients of both SDKs, each with its own progress', async () => {
  await withEverything({ shared: true }, async (world, pids) => {
    const clients = await Promise.all([1, 2, 3, 4].map(() => world.connect()));
    const { client: modern } = await connect2(world, { mode: 'auto' });
    expect(modern.getNegotiatedProtocolVersion()).toBe('2025-11-25'); // It does not know the next one.
    const counts = await Promise.all(
      clients.map(async ({ client }, index) => {
        const steps: unknown[] = [];
        const operation = { ...slow, arguments: { duration: 0.2, steps: index + 2 } };
        await client.callTool(operation, CallToolResultSchema, {
          onprogress: ({ total }) => steps.push(total),
        });
        return new Set(steps);
      }),
    );
    for (const [index, totals] of counts.entries()) expect([...totals]).toEqual([index + 2]);
    const echo = await modern.callTool({ name: 'echo', arguments: { message: 'x' } });
    expect(echo.content).toEqual([{ type: 'text', text: 'Echo: x' }]);
    // One for the sessions, and one that was asked whether it knows more.
    expect(pids()).toHaveLength(2);
  });
});
