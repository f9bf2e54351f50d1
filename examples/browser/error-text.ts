/** What to tell a person: the message without the SDK's `MCP error -32603: ` in front. */
export function errorText(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.replace(/^MCP error -?\d+: /, '');
}
