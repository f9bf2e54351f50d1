import { paintFor } from '../terminal.ts';
import { allowedDocument, deniedDocument, inviteDocument } from './access-document.ts';
import { readAccessFile } from './access-file.ts';
import { formatAccess } from './format-access.ts';
import { whichServer } from './which-server.ts';
import { serverWords, type WhichServerOptions } from './which-server-options.ts';

export interface AccessListOptions extends WhichServerOptions {
  json?: boolean;
}

/** What holds now: those whose time is over are gone. */
export async function runAccess(options: AccessListOptions): Promise<void> {
  const { npub, file } = await whichServer(options);
  const book = readAccessFile(file);
  const now = Math.floor(Date.now() / 1_000);
  const allowed = book.current(now);
  const invites = book.openInvites(now);
  const { denied } = book;
  if (options.json === true) {
    const document = {
      server: npub,
      file,
      allowed: allowed.map(allowedDocument),
      denied: denied.map(deniedDocument),
      invites: invites.map(inviteDocument),
    };
    process.stdout.write(`${JSON.stringify(document)}\n`);
    return;
  }
  process.stdout.write(formatAccess({ allowed, denied, invites }, paintFor(process.stdout)));
  const words = serverWords(options);
  if (allowed.length === 0)
    process.stderr.write(
      `  nobody may call ${npub}, unless serve says so\n` +
        `  mcp-nostr invite${words}        lets somebody in\n`,
    );
}
