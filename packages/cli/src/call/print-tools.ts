import type { Tool } from '@modelcontextprotocol/sdk/types.js';

import { harmless, oneLine, type Paint } from '../terminal.ts';
import { argumentList } from './tool-arguments.ts';

const MAX_DESCRIPTION_LENGTH = 100;

/** Each tool's name and arguments on one line, and below the first line of what it says of itself. */
export function formatTools(tools: readonly Tool[], paint: Paint): string {
  const width = Math.min(32, Math.max(0, ...tools.map(({ name }) => name.length)));
  return tools
    .map((tool) => {
      const name = paint('bold', harmless(tool.name).padEnd(width));
      const first = (tool.description ?? tool.title ?? '').trim().split('\n')[0] ?? '';
      const about = oneLine(first, MAX_DESCRIPTION_LENGTH);
      const description = about === '' ? '' : `  ${' '.repeat(width)}  ${paint('dim', about)}\n`;
      return `${`  ${name}  ${argumentList(tool.inputSchema).join('  ')}`.trimEnd()}\n${description}`;
    })
    .join('');
}
