import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { ListToolsRequestSchema, type Tool } from '@modelcontextprotocol/sdk/types.js';
import { describe, expect, it } from 'vitest';

import { allLegs } from '../helpers/legs.ts';
import { sharedWorld } from '../helpers/world.ts';

const pageNames = ['first', 'second', 'third'];
/** Opaque to everybody but the server, so anything may be in it. */
const cursorOf = (page: number): string => `${page}/\u2028\u{1f600}"\\\n=`;

function pagingServer(): Server {
  const server = new Server({ name: 'paging', version: '1' }, { capabilities: { tools: {} } });
  server.setRequestHandler(ListToolsRequestSchema, ({ params }) => {
    const page = params?.cursor === undefined ? 0 : Number.parseInt(params.cursor, 10);
    if (page > 0 && params?.cursor !== cursorOf(page)) throw new Error('the cursor was changed on its way');
    const tool: Tool = { name: pageNames[page] ?? 'none', inputSchema: { type: 'object' } };
    return { tools: [tool], ...(page + 1 < pageNames.length ? { nextCursor: cursorOf(page + 1) } : {}) };
  });
  return server;
}

describe.each(allLegs)('pagination, $name', (leg) => {
  const world = sharedWorld(leg, pagingServer);

  it('walks through all pages with the cursors of the server', async () => {
    const { client } = await world.connect();
    const names: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await client.listTools(cursor === undefined ? {} : { cursor });
      names.push(...page.tools.map(({ name }) => name));
      cursor = page.nextCursor;
    } while (cursor !== undefined);
    expect(names).toEqual(pageNames);
  });
});
