/* oxlint-disable no-underscore-dangle -- _meta is MCP's name */
import type { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';

import { sentence } from '../contents.ts';
import { plainTools } from '../plain-tools.ts';
import { LOG_STEPS, PROGRESS_STEPS, tellInSteps } from '../steps.ts';

export function registerTools(server: McpServer): void {
  for (const [name, { description, run }] of Object.entries(plainTools))
    server.registerTool(name, { description }, run);
  server.registerTool('test_tool_with_logging', { description: 'logs while it runs' }, async (extra) => {
    await tellInSteps(LOG_STEPS, (data) =>
      extra.sendNotification({ method: 'notifications/message', params: { level: 'info', data } }),
    );
    return sentence('Tool with logging executed successfully');
  });
  server.registerTool('test_tool_with_progress', { description: 'reports progress' }, async (extra) => {
    const progressToken = extra._meta?.progressToken;
    await tellInSteps(PROGRESS_STEPS, async (progress) => {
      if (progressToken === undefined) return;
      await extra.sendNotification({
        method: 'notifications/progress',
        params: { progressToken, progress, total: 100, message: `step ${progress}` },
      });
    });
    return sentence('Tool with progress executed successfully');
  });
}
