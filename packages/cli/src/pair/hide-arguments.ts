/**
 * Whoever lists the processes of this machine sees arguments; on Linux and macOS a process can write over its own. A
 * shell's history has them still: the prompt is better.
 */
export function hideArguments(): void {
  process.title = 'mcp-nostr';
}
