/**
 * `initialize` and the lists may be answered from memory while the server is away. This is a question that only the server
 * itself can answer, and that changes nothing; that it knows no completions is an answer too.
 */
export const serverProbe = {
  method: 'completion/complete',
  params: {
    ref: { type: 'ref/prompt', name: 'mcp-nostr' },
    argument: { name: 'mcp-nostr', value: '' },
  },
} as const;

/** What `connect` answers in a server's place ends in a command; who has one of its own to propose leaves that out. */
export function withoutAdvice(message: string): string {
  return message.replace(/ To find out more: .*$/s, '');
}
