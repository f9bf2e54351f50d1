import { AddressError, isRecord, parseAddress } from '@mcp-nostr/core';

/** What stands in a host's configuration for one server. */
export interface HostEntry {
  type?: 'stdio';
  command: string;
  args: string[];
}

/**
 * The public keys of the servers that an entry gives to its host through this program, however it was written; undefined for
 * an entry that is somebody else's.
 */
export function ownServers(entry: unknown): string[] | undefined {
  if (!isRecord(entry) || typeof entry['command'] !== 'string' || !Array.isArray(entry['args']))
    return undefined;
  const words = [entry['command'], ...entry['args'].map(String)];
  const at = words.indexOf('connect');
  if (at < 1 || !isThisProgram(words[at - 1] ?? '')) return undefined;
  return words.slice(at + 1).flatMap(pubkeyOf);
}

/** `mcp-nostr`, `mcp-nostr@1.2.3`, or the file that it is: installed, copied, or in its sources. */
function isThisProgram(word: string): boolean {
  return (
    /(^|[/\\])mcp-nostr(@[\w.-]+|-\d[\w.-]*)?(\.m?js|\.cmd|\.exe)?$/.test(word) ||
    /[/\\](mcp-nostr|cli)[/\\](src|dist)[/\\]main\.[jt]s$/.test(word)
  );
}

function pubkeyOf(word: string): string[] {
  try {
    return [parseAddress(word).pubkey];
  } catch (error) {
    if (error instanceof AddressError) return [];
    throw error;
  }
}
