/* oxlint-disable no-underscore-dangle -- _meta is MCP's name */
import { openSync, writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

import { parseSecretKey, secretKeySigner } from '@mcp-nostr/core';
import { serve } from '@mcp-nostr/server';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { z } from 'zod';

import { readSetup, say, type ServerSetup } from './role.ts';
import { answerTo } from './work.ts';

const inputSchema = {
  id: z.string(),
  payload: z.string(),
  answerBytes: z.number(),
  progressSteps: z.number(),
  durationMs: z.number(),
};

const { secretKey, relays, executionsFile } = readSetup<ServerSetup>();
const executions = openSync(executionsFile, 'a');

function workServer(): McpServer {
  const server = new McpServer({ name: 'chaos', version: '1.0.0' });
  const annotations = { readOnlyHint: false, destructiveHint: true, idempotentHint: false };
  server.registerTool('work', { inputSchema, annotations }, async (work, extra) => {
    // With the system before anything else happens: it is kept though this process is killed.
    writeSync(executions, `${work.id}\n`);
    const progressToken = extra._meta?.progressToken;
    const steps = Math.max(1, work.progressSteps);
    for (let step = 1; step <= steps; step++) {
      if (work.durationMs > 0) await sleep(work.durationMs / steps);
      if (work.progressSteps === 0 || progressToken === undefined) continue;
      await extra.sendNotification({
        method: 'notifications/progress',
        params: { progressToken, progress: step, total: steps, message: work.id },
      });
    }
    return { content: [{ type: 'text', text: answerTo(work) }] };
  });
  return server;
}

await serve({ signer: secretKeySigner(parseSecretKey(secretKey)), relays, allow: 'public' }, workServer);
say({ type: 'done' });
