import { isRecord, type JsonRpcMessage } from '@mcp-nostr/core';
import { commonSchemaMeta, schemaHash } from '@mcp-nostr/core/contextvm';

type Fields = Record<string, unknown>;

/**
 * The tools of these names, in a list of tools, say that they follow a common schema (CEP-15): the hash is of the schema
 * as the list has it, which an SDK may have made of something else.
 */
export function withCommonSchemas(
  message: JsonRpcMessage | undefined,
  names: ReadonlySet<string> | undefined,
  onerror: (error: Error) => void,
): JsonRpcMessage | undefined {
  if (message === undefined || names === undefined) return message;
  const tools = 'result' in message ? message.result['tools'] : undefined;
  if (!('result' in message) || !Array.isArray(tools)) return message;
  const marked = tools.map((tool: unknown) => {
    if (!isRecord(tool) || typeof tool['name'] !== 'string' || !names.has(tool['name'])) return tool;
    try {
      return withCommonSchema(tool, tool['name']);
    } catch (cause) {
      onerror(new Error(`the tool ${tool['name']} follows no common schema`, { cause }));
      return tool;
    }
  });
  return { ...message, result: { ...message.result, tools: marked } };
}

function withCommonSchema(tool: Fields, name: string): Fields {
  const { inputSchema, outputSchema, _meta: meta } = tool;
  const claim = commonSchemaMeta(schemaHash({ name, inputSchema, outputSchema }));
  return { ...tool, _meta: { ...(isRecord(meta) ? meta : {}), ...claim } };
}
