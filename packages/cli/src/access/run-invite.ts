import { formatAddress } from '@mcp-nostr/core';
import type { Invite } from '@mcp-nostr/server';

import { usageError } from '../errors.ts';
import { hideSecret } from '../log/redact.ts';
import { relaysFromEnvironment } from '../relay-options.ts';
import { qrCodeFor } from '../serve/qr-code.ts';
import { oneLine, paintFor } from '../terminal.ts';
import { inviteDocument, isoTime } from './access-document.ts';
import { updateAccessFile } from './access-file.ts';
import { inviteLink } from './invite-link.ts';
import { type RuleOptions, rulesFrom } from './rule-options.ts';
import { servedRelays } from './served-relays.ts';
import { shownRules } from './shown-rules.ts';
import { whichServer } from './which-server.ts';
import type { WhichServerOptions } from './which-server-options.ts';

export interface InviteCommandOptions extends RuleOptions, WhichServerOptions {
  uses: number;
  /** Seconds. */
  expires: number;
  name?: string;
  relay?: string[];
  revoke?: string;
  qr: boolean;
  json?: boolean;
}

export async function runInvite(options: InviteCommandOptions): Promise<void> {
  const { uses, expires, name, revoke: id } = options;
  const server = await whichServer(options);
  if (id !== undefined) return revoke(id, server.file, options);
  const relays = options.relay ?? (await servedRelays(server.pubkey)) ?? relaysFromEnvironment();
  const now = Math.floor(Date.now() / 1_000);
  const { code, invite } = await updateAccessFile(server.file, (book) =>
    book.invite({ rules: rulesFrom(options), name, uses, expiresAt: now + expires }, now),
  );
  hideSecret(code);
  const address = formatAddress({
    pubkey: server.pubkey,
    relays: relays ?? [...(await import('@mcp-nostr/client')).defaultLookupRelays],
  });
  const link = inviteLink(address, code);
  if (options.json === true) {
    const document = { link, address, server: server.npub, ...inviteDocument(invite) };
    process.stdout.write(`${JSON.stringify(document)}\n`);
    return;
  }
  await explain(link, invite, options);
  process.stdout.write(`${link}\n`);
}

async function revoke(id: string, file: string, { json }: InviteCommandOptions): Promise<void> {
  const isRevoked = await updateAccessFile(file, (book) => book.withdraw(id));
  if (!isRevoked)
    throw usageError(`there is no invite ${oneLine(id, 40)}`, 'mcp-nostr access shows those that are open');
  if (json === true) process.stdout.write(`${JSON.stringify({ revoked: id })}\n`);
  else process.stderr.write(`  invite ${id} lets nobody in any more; those whom it has let in stay\n`);
}

/** The code is shown where a person asked for it: not where stdout is read by a program. */
async function explain(link: string, invite: Invite, { qr }: InviteCommandOptions): Promise<void> {
  const { id, uses, expiresAt, rules } = invite;
  const paint = paintFor(process.stderr);
  const qrCode = qr && process.stdout.isTTY ? await qrCodeFor(process.stderr) : undefined;
  const lines = [
    '',
    ...(qrCode?.(link) ?? []).map((line) => `  ${line}`),
    `  invite ${id}: ${uses === 1 ? 'one key' : `${uses} keys`}, until ${isoTime(expiresAt)}; ${shownRules(rules)}`,
    paint('dim', '  whoever has it is let in: send it to nobody else, and not through a public place'),
    '  they run npx mcp-nostr pair, which asks for it',
    '',
  ];
  process.stderr.write(`${lines.join('\n')}\n`);
}
