import { formatNpub } from '@mcp-nostr/core';
import type { Policy } from '@mcp-nostr/server';

import { accessFilePath } from '../access/access-file.ts';
import { inviteLink } from '../access/invite-link.ts';
import { LiveAccess } from '../access/live-access.ts';
import { servedPolicy } from '../access/served-policy.ts';
import { AuditLog } from '../audit/audit-log.ts';
import { hideSecret } from '../log/redact.ts';
import type { ServePrinter, ShownInvite } from './print-serve.ts';
import type { ServeSettings } from './served.ts';
import { countAccess, describeAccess, type ShownAccess } from './shown-access.ts';

/** The first invite is for whoever is asked next. */
const FIRST_INVITE_SECONDS = 86_400;

export interface ServedAccessOptions extends Pick<ServeSettings, 'access' | 'audit' | 'isAtTerminal'> {
  /** The server's. */
  pubkey: string;
  /** Of several servers. */
  name: string | undefined;
  printer: ServePrinter;
}

/** Who may call a server that runs, and what is kept of what they did. */
export interface ServedAccess {
  policy: Policy;
  shown: ShownAccess;
  audit: AuditLog | undefined;
  /** Where it is public and nobody is known, nothing is kept for anybody: strangers have all of `--max-connections`. */
  strangersShare: number | undefined;
  /** Undefined where somebody may call already, and where it would be read by others than a person. */
  firstInvite: ((address: string) => ShownInvite | undefined) | undefined;
  close(): void;
}

/** @throws {CliError} when there is an access file that cannot be used */
export function openServedAccess(options: ServedAccessOptions): ServedAccess {
  const { pubkey, name, printer, access, isAtTerminal } = options;
  const count = (): ShownAccess => countAccess(access, live.book, nowSeconds());
  const live = new LiveAccess({
    path: accessFilePath(pubkey),
    onpaired: (entry) => {
      const { via: invite = '' } = entry;
      printer.paired({ npub: formatNpub(entry.pubkey), name: entry.name, invite });
      audit?.paired(entry);
    },
    onchange: () => printer.note('info', `who may call was read again: ${describeAccess(count())}`),
    onproblem: (message) => printer.problem(message),
  });
  const audit =
    options.audit &&
    new AuditLog({
      ...options.audit,
      server: name,
      nameOf: (caller) => live.book.find(caller, nowSeconds())?.name,
    });
  const shown = count();
  const isLonely = shown.keys + shown.invites + shown.forThisRun.length === 0;
  return {
    policy: servedPolicy({ live, ...access, onproblem: (message) => printer.problem(message) }),
    shown,
    audit,
    strangersShare: access.isPublic && isLonely ? 1 : undefined,
    firstInvite:
      isAtTerminal && isLonely && !access.isPublic
        ? (address) => tryInvite(live, address, printer)
        : undefined,
    close: () => live.close(),
  };
}

function nowSeconds(): number {
  return Math.floor(Date.now() / 1_000);
}

/** Nobody has asked for it: a disk that is full does not keep the server from starting. */
function tryInvite(live: LiveAccess, address: string, printer: ServePrinter): ShownInvite | undefined {
  try {
    return drawInvite(live, address);
  } catch (error) {
    printer.problem(`there is no invite: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
}

function drawInvite(live: LiveAccess, address: string): ShownInvite {
  const now = nowSeconds();
  const { code, invite } = live.change((book) => book.invite({ expiresAt: now + FIRST_INVITE_SECONDS }, now));
  hideSecret(code);
  return { link: inviteLink(address, code), id: invite.id, expiresAt: invite.expiresAt };
}
