import type { ElicitResult, McpServer } from '@modelcontextprotocol/server';
import { z } from 'zod';

import { sentence } from '../contents.ts';
import { aboutUser, withChoices, withDefaults } from '../questions.ts';

/** Tools that ask the client while they run, which only the old era knows. */
export function registerAskingTools(server: McpServer): void {
  server.registerTool(
    'test_sampling',
    { description: "asks the client's model", inputSchema: z.object({ prompt: z.string() }) },
    async ({ prompt }, { mcpReq }) => {
      const { content } = await mcpReq.send({
        method: 'sampling/createMessage',
        params: { messages: [{ role: 'user', content: { type: 'text', text: prompt } }], maxTokens: 100 },
      });
      const [first] = Array.isArray(content) ? content : [content];
      return sentence(`LLM response: ${first?.type === 'text' ? first.text : first?.type}`);
    },
  );
  server.registerTool(
    'test_elicitation',
    { description: 'asks the user', inputSchema: z.object({ message: z.string() }) },
    async ({ message }, { mcpReq }) => {
      const { action, content } = await mcpReq.send(elicit(aboutUser(message)));
      return sentence(`User response: ${JSON.stringify({ action, content })}`);
    },
  );
  const forms = {
    test_elicitation_sep1034_defaults: withDefaults,
    test_elicitation_sep1330_enums: withChoices,
  };
  for (const [name, form] of Object.entries(forms)) {
    server.registerTool(name, { description: 'asks the user by a form' }, async ({ mcpReq }) =>
      completed(await mcpReq.send(elicit(form))),
    );
  }
}

function elicit(form: object): { method: 'elicitation/create'; params: Record<string, unknown> } {
  return { method: 'elicitation/create', params: { ...form } };
}

function completed({ action, content }: ElicitResult): ReturnType<typeof sentence> {
  return sentence(`Elicitation completed: action=${action}, content=${JSON.stringify(content ?? {})}`);
}
