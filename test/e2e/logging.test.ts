import { LoggingMessageNotificationSchema } from '@modelcontextprotocol/sdk/types.js';
import { describe, expect, it } from 'vitest';

import { allLegs } from '../helpers/legs.ts';
import { Recorder } from '../helpers/recorder.ts';
import { type Connected, sharedWorld } from '../helpers/world.ts';

interface Line {
  level: string;
  logger?: string | undefined;
  data?: unknown;
}

describe.each(allLegs)('logging, $name', (leg) => {
  const world = sharedWorld(leg);

  async function listener(): Promise<Connected & { lines: Recorder<Line> }> {
    const lines = new Recorder<Line>('a log line');
    const connected = await world.connect({
      prepare: (client) =>
        client.setNotificationHandler(LoggingMessageNotificationSchema, ({ params }) => lines.add(params)),
    });
    return { ...connected, lines };
  }

  it('passes log messages on unchanged and in order', async () => {
    const { client, lines } = await listener();
    await client.callTool({ name: 'log', arguments: { text: 'ü' } });
    expect(lines.items).toEqual([
      { level: 'debug', data: 'debug ü' },
      { level: 'warning', logger: 'fixture', data: { text: 'ü' } },
    ]);
  });

  it('keeps the level of each connection apart', async () => {
    const strict = await listener();
    const open = await listener();
    await strict.client.setLoggingLevel('warning');
    await Promise.all(
      [strict, open].map(({ client }) => client.callTool({ name: 'log', arguments: { text: 'x' } })),
    );
    expect(strict.lines.items.map(({ level }) => level)).toEqual(['warning']);
    expect(open.lines.items.map(({ level }) => level)).toEqual(['debug', 'warning']);
  });
});
