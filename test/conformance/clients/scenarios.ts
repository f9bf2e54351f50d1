import { z } from 'zod';

/** What the clients of both SDK lines have in common, as far as the scenarios use it. */
export interface ScenarioClient {
  listTools(): Promise<{ tools: Tool[] }>;
  callTool(params: { name: string; arguments?: Record<string, unknown> }): Promise<unknown>;
  listResources(): Promise<{ resources: { uri: string }[] }>;
  readResource(params: { uri: string }): Promise<unknown>;
  listPrompts(): Promise<{ prompts: { name: string }[] }>;
  getPrompt(params: { name: string }): Promise<unknown>;
}

interface Tool {
  name: string;
  inputSchema: { required?: string[] | undefined };
}

/** What the suite hands over with a scenario, if anything. */
const context = z.object({
  toolCalls: z
    .array(z.object({ name: z.string(), arguments: z.record(z.string(), z.unknown()) }))
    .default([]),
});

export type ScenarioContext = z.infer<typeof context>;

export function parseContext(text: string | undefined): ScenarioContext {
  return context.parse(text === undefined ? {} : JSON.parse(text));
}

/** What a connected client does in each scenario; the suite, which is its server, watches. */
export const scenarios: Readonly<
  Record<string, (client: ScenarioClient, given: ScenarioContext) => Promise<unknown>>
> = {
  // The handshake is all of it.
  initialize: () => Promise.resolve(),
  tools_call: async (client) => {
    await client.listTools();
    await client.callTool({ name: 'add_numbers', arguments: { a: 5, b: 3 } });
  },
  'elicitation-sep1034-client-defaults': (client) =>
    client.callTool({ name: 'test_client_elicitation_defaults' }),
  // Listed first, so that the stream of the session is open before the call: one that opens later gets the answer.
  'sse-retry': async (client) => {
    await client.listTools();
    await client.callTool({ name: 'test_reconnection' });
  },
  'request-metadata': (client) => client.listTools(),
  'sep-2322-client-request-state': async (client) => {
    await client.listTools();
    // The second has nothing to do with what the first is asked in between.
    const calls = ['test_mrtr_echo_state', 'test_mrtr_unrelated'].map((name) => client.callTool({ name }));
    await Promise.all(calls);
    await client.callTool({ name: 'test_mrtr_no_state' });
    // A result that does not say that it is complete: the SDK refuses it, and that it does not ask again is what counts.
    await client.callTool({ name: 'test_mrtr_no_result_type' }).catch(() => undefined);
  },
  'http-standard-headers': async (client) => {
    const { tools } = await client.listTools();
    for (const { name } of tools) await client.callTool({ name, arguments: {} });
    const { resources } = await client.listResources();
    for (const { uri } of resources) await client.readResource({ uri });
    const { prompts } = await client.listPrompts();
    for (const { name } of prompts) await client.getPrompt({ name });
  },
  'http-custom-headers': async (client, { toolCalls }) => {
    await client.listTools();
    for (const call of toolCalls) await client.callTool(call);
  },
  // Of the tools listed there, a client is left with those that are valid.
  'http-invalid-tool-headers': async (client) => {
    const { tools } = await client.listTools();
    for (const { name, inputSchema } of tools) {
      const values = (inputSchema.required ?? []).map((field) => [field, 'some value']);
      await client.callTool({ name, arguments: Object.fromEntries(values) as Record<string, unknown> });
    }
  },
  'json-schema-ref-no-deref': (client) => client.listTools(),
};
