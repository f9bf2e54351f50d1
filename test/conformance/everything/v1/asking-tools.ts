import type { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import {
  CreateMessageResultSchema,
  type ElicitRequestFormParams,
  type ElicitResult,
  ElicitResultSchema,
} from '@modelcontextprotocol/sdk/types.js';
import { z } from 'zod';

import { sentence } from '../contents.ts';
import { aboutUser, withChoices, withDefaults } from '../questions.ts';

/** Tools that ask the client while they run. */
export function registerAskingTools(server: McpServer): void {
  server.registerTool(
    'test_sampling',
    { description: "asks the client's model", inputSchema: { prompt: z.string() } },
    async ({ prompt }, extra) => {
      const messages = [{ role: 'user' as const, content: { type: 'text' as const, text: prompt } }];
      const { content } = await extra.sendRequest(
        { method: 'sampling/createMessage', params: { messages, maxTokens: 100 } },
        CreateMessageResultSchema,
      );
      return sentence(`LLM response: ${content.type === 'text' ? content.text : content.type}`);
    },
  );
  server.registerTool(
    'test_elicitation',
    { description: 'asks the user', inputSchema: { message: z.string() } },
    async ({ message }, extra) => {
      const { action, content } = await extra.sendRequest(elicit(aboutUser(message)), ElicitResultSchema);
      return sentence(`User response: ${JSON.stringify({ action, content })}`);
    },
  );
  const forms = {
    test_elicitation_sep1034_defaults: withDefaults,
    test_elicitation_sep1330_enums: withChoices,
  };
  for (const [name, form] of Object.entries(forms)) {
    server.registerTool(name, { description: 'asks the user by a form' }, async (extra) =>
      completed(await extra.sendRequest(elicit(form), ElicitResultSchema)),
    );
  }
}

function elicit(params: ElicitRequestFormParams): {
  method: 'elicitation/create';
  params: ElicitRequestFormParams;
} {
  return { method: 'elicitation/create', params };
}

function completed({ action, content }: ElicitResult): ReturnType<typeof sentence> {
  return sentence(`Elicitation completed: action=${action}, content=${JSON.stringify(content ?? {})}`);
}
