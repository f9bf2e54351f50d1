/* oxlint-disable no-underscore-dangle -- _meta is MCP's name */
import type { McpServer } from '@modelcontextprotocol/server';

import { sentence } from '../contents.ts';
import { plainTools } from '../plain-tools.ts';
import { LOG_STEPS, PROGRESS_STEPS, tellInSteps } from '../steps.ts';

export function registerTools(server: McpServer): void {
  for (const [name, { description, run }] of Object.entries(plainTools))
    server.registerTool(name, { description }, run);
  // The second is what the suite of the new era calls when it has not asked for a log.
  for (const name of ['test_tool_with_logging', 'test_logging_tool']) {
    server.registerTool(name, { description: 'logs while it runs' }, async ({ mcpReq }) => {
      await tellInSteps(LOG_STEPS, (line) => mcpReq.log('info', line));
      return sentence('Tool with logging executed successfully');
    });
  }
  server.registerTool('test_tool_with_progress', { description: 'reports progress' }, async ({ mcpReq }) => {
    const progressToken = mcpReq._meta?.progressToken;
    await tellInSteps(PROGRESS_STEPS, async (progress) => {
      if (progressToken === undefined) return;
      await mcpReq.notify({
        method: 'notifications/progress',
        params: { progressToken, progress, total: 100, message: `step ${progress}` },
      });
    });
    return sentence('Tool with progress executed successfully');
  });
}
