import type { McpServer } from '@modelcontextprotocol/server';

import { sentence } from '../contents.ts';

export type ListName = 'tools' | 'prompts';

/** Tools after which a list counts as changed. */
export function registerChangeTools(server: McpServer, announce: (list: ListName) => Promise<void>): void {
  const lists = { test_trigger_tool_change: 'tools', test_trigger_prompt_change: 'prompts' } as const;
  for (const [name, list] of Object.entries(lists)) {
    server.registerTool(name, { description: `announces a change of the ${list}` }, async () => {
      await announce(list);
      return sentence(`The ${list} changed`);
    });
  }
}
