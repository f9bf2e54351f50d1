import { describe, expect, it } from 'vitest';

import { root, run } from './run.ts';

const tsx = ['--import', 'tsx', '--conditions', '@mcp-nostr/source'];

describe('the examples', () => {
  it('hello calls a tool through a relay and ends by itself', async () => {
    const output = await run(process.execPath, [...tsx, 'examples/hello/main.ts'], root);
    expect(output).toContain('Hello Ada, you call as npub1');
  });

  it('both-eras tells a modern client what an old one has done', async () => {
    const output = await run(process.execPath, [...tsx, 'examples/both-eras/main.ts'], root);
    expect(output).toContain('hello from the old era');
  });
});
