import { failureCodes } from '@mcp-nostr/core';

import type { Program } from './hosted-program.ts';

const address = 'a'.repeat(64);

/** A Node program as an entry has it: what follows `connect` is what the entry is read by. */
export function programOf(code: string, words: readonly string[] = ['connect', address]): Program {
  return { command: process.execPath, args: ['-e', code, ...words], env: {} };
}

/** A server on stdin and stdout that answers each method with what stands here, and the rest not at all. */
export function serverThat(answers: Record<string, object>, words?: readonly string[]): Program {
  const code = `
    const answers = ${JSON.stringify(answers)};
    let rest = '';
    process.stdin.on('data', (bytes) => {
      const lines = (rest + bytes).split('\\n');
      rest = lines.pop();
      for (const { id, method } of lines.map((line) => JSON.parse(line))) {
        const answer = answers[method];
        if (id !== undefined && answer !== undefined)
          process.stdout.write(JSON.stringify({ jsonrpc: '2.0', id, ...answer }) + '\\n');
      }
    });
  `;
  return programOf(code, words);
}

const tool = { name: 'a', inputSchema: { type: 'object' } };

/** One that knows no completions. */
export const live: Record<string, object> = {
  initialize: {
    result: {
      protocolVersion: '2025-11-25',
      capabilities: { tools: {} },
      serverInfo: { name: 'My Server', version: '1' },
    },
  },
  'completion/complete': { error: { code: -32_601, message: 'Method not found' } },
  'tools/list': { result: { tools: [tool, { ...tool, name: 'b' }] } },
};

/** What `connect` answers in the place of one that is away. */
export const silent: object = {
  error: {
    code: failureCodes.server_silent,
    message: 'npub1… does not answer. To find out more: mcp-nostr doctor npub1x',
    data: { code: 'server_silent' },
  },
};
