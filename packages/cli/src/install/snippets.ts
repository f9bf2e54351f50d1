import { homedir } from 'node:os';

import { paintFor } from '../terminal.ts';
import { withEntry } from './config/host-config.ts';
import type { Host } from './hosts.ts';
import type { HostEntry } from './own-entry.ts';

export interface Described {
  name: string;
  entryFor: (host: Host) => HostEntry;
  /** The words for our program on any machine. */
  portable: readonly string[];
  version: string;
}

/** Prints what belongs into each configuration: of one host that alone, so that it can be piped; headings go to stderr. */
export function printSnippets(
  chosen: readonly Host[],
  { name, entryFor, portable, version }: Described,
  options: { json?: boolean },
): void {
  const snippets = chosen.map((host) => ({
    client: host.id,
    file: host.file({ platform: process.platform, env: process.env, home: homedir() }),
    text: withEntry(host, '', name, entryFor(host)),
    link: installLink(host, name, portable, version),
  }));
  if (options.json === true) {
    process.stdout.write(`${JSON.stringify({ name, snippets })}\n`);
    return;
  }
  const paint = paintFor(process.stderr);
  for (const [index, { client, file, text, link }] of snippets.entries()) {
    process.stderr.write(`${index === 0 ? '' : '\n'}${paint('bold', client)} ${paint('dim', file)}\n`);
    process.stdout.write(text);
    if (link !== undefined) process.stderr.write(`${paint('dim', 'or as a link:')} ${link}\n`);
  }
}

/**
 * A link that has a host ask whether to add the server; for the two that have such links. It is for everybody: its
 * command is that of any machine with Node.
 */
export function installLink(
  { id }: Host,
  name: string,
  args: readonly string[],
  version: string,
): string | undefined {
  const entry = { command: 'npx', args: ['-y', `mcp-nostr@${version}`, ...args] };
  if (id === 'cursor') {
    const config = Buffer.from(JSON.stringify(entry)).toString('base64');
    return `cursor://anysphere.cursor-deeplink/mcp/install?name=${encodeURIComponent(name)}&config=${encodeURIComponent(config)}`;
  }
  // https://code.visualstudio.com/docs/copilot/guides/mcp-developer-guide#_mcp-url-handler
  if (id === 'vscode')
    return `vscode:mcp/install?${encodeURIComponent(JSON.stringify({ name, type: 'stdio', ...entry }))}`;
  return undefined;
}
