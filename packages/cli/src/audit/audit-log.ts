import { formatNpub } from '@mcp-nostr/core';
import type { AllowedKey, Applicant, Refusal, RequestReport } from '@mcp-nostr/server';

import { LineLimiter } from '../log/line-limiter.ts';
import { redact, redactFields } from '../log/redact.ts';
import { oneLine, tenth } from '../terminal.ts';
import type { AuditFile } from './audit-file.ts';

/** Of one request, as JSON: enough to see what was meant. */
const MAX_ARGUMENT_CHARACTERS = 4_096;
/** Larger ones are data, and to hide what is secret in them would cost more than the call. */
const MAX_REQUEST_BYTES = 65_536;

export interface AuditLogOptions {
  file: Pick<AuditFile, 'write'>;
  /** Where several are served. */
  server?: string | undefined;
  hasArguments: boolean;
  /** What the operator calls a key. */
  nameOf: (pubkey: string) => string | undefined;
  /** Milliseconds since 1970. @default Date.now */
  now?: () => number;
}

/** What callers of one server did, in the words of the one who has to answer for it later. */
export class AuditLog {
  readonly #options: AuditLogOptions;
  readonly #refusals = new LineLimiter();

  constructor(options: AuditLogOptions) {
    this.#options = options;
  }

  /** A request that is over: `time` is its end. */
  request(report: RequestReport): void {
    const { caller, method, name, outcome, code, durationMs, event, bytes, params } = report;
    this.#write('request', caller, {
      connection: caller.connectionId,
      method: oneLine(method, 100),
      name: name === undefined ? undefined : oneLine(name, 300),
      outcome,
      code,
      durationMs: tenth(durationMs),
      id: event,
      bytes,
      arguments: this.#options.hasArguments ? shownArguments(params, bytes) : undefined,
    });
  }

  /** An invite has let a key in. */
  paired({ pubkey, via }: AllowedKey): void {
    this.#write('paired', { pubkey }, { invite: via });
  }

  /** A connection was refused. A flood of these must not push out of the file what callers did. */
  refused({ applicant, code }: Refusal): void {
    if (!this.#refusals.admits(`${applicant.pubkey} ${code}`)) return;
    // It came to take sessions back, and is told so in the form of a refusal.
    if (code === 'revoked') this.#write('revoked', applicant, {});
    else this.#write('refused', applicant, { code });
  }

  #write(event: string, { pubkey, session }: Applicant, fields: Readonly<Record<string, unknown>>): void {
    const { file, server, nameOf, now = Date.now } = this.#options;
    file.write({
      time: new Date(now()).toISOString(),
      event,
      server,
      caller: formatNpub(pubkey),
      callerName: nameOf(pubkey),
      session: session === undefined ? undefined : formatNpub(session.pubkey),
      ...fields,
    });
  }
}

/** What was passed to the tool or prompt; what MCP itself needs beside it is no argument. */
function shownArguments(params: Record<string, unknown> | undefined, bytes: number): unknown {
  const given = params?.['arguments'];
  if (given === undefined) return undefined;
  if (bytes > MAX_REQUEST_BYTES) return `[${bytes} bytes]`;
  try {
    const shown = redactFields(given);
    const text = JSON.stringify(shown);
    // Hidden before it is cut: half a secret has no look.
    return text.length > MAX_ARGUMENT_CHARACTERS
      ? `${redact(text).slice(0, MAX_ARGUMENT_CHARACTERS)}…`
      : shown;
  } catch {
    return '[nested too deeply]';
  }
}
