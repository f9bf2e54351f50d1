import { type FailureCode, isFailureCode, isRecord } from '@mcp-nostr/core';

/** What the shell sees. The README explains each. */
export const exitCodes = {
  ok: 0,
  unexpected: 1,
  usage: 2,
  notAllowed: 3,
  unreachable: 4,
  toolFailed: 5,
  timedOut: 6,
  verificationFailed: 7,
  notPaid: 8,
} as const;

export type CliErrorCode =
  | FailureCode
  | 'usage'
  | 'not_allowed'
  | 'checks_failed'
  | 'key_file'
  | 'keychain'
  | 'config_file'
  | 'access_file'
  | 'file_error'
  | 'secret_key_given'
  | 'tool_failed'
  | 'unknown_tool'
  | 'timed_out'
  | 'interrupted'
  | 'host_config'
  | 'start_failed'
  | 'port_in_use'
  | 'port_not_allowed'
  | 'bad_address'
  | 'name_unreachable'
  | 'nothing_found';

/** Ends a command: one line that says what happened, perhaps one that says what to do. */
export class CliError extends Error {
  override readonly name = 'CliError';
  readonly code: CliErrorCode;
  readonly exitCode: number;
  readonly hint: string | undefined;
  constructor(
    code: CliErrorCode,
    exitCode: number,
    message: string,
    options: ErrorOptions & { hint?: string } = {},
  ) {
    super(message, options);
    this.code = code;
    this.exitCode = exitCode;
    this.hint = options.hint;
  }
}

/** The person asked for something that cannot be done as asked. */
export function usageError(message: string, hint?: string): CliError {
  return new CliError('usage', exitCodes.usage, message, hint === undefined ? {} : { hint });
}

/** An error as it is shown: `--json` prints it as it is, less the exit code. */
export interface ErrorReport {
  code: string;
  message: string;
  hint?: string;
  exitCode: number;
}

const wayFailures: Record<FailureCode, { exitCode: number; hint: string }> = {
  server_silent: {
    exitCode: exitCodes.unreachable,
    hint: 'is it running? --relay <url> tries another relay that it may be on',
  },
  relays_unreachable: {
    exitCode: exitCodes.unreachable,
    hint: 'check the network; --relay <url> tries another relay that the server may be on',
  },
  outcome_unknown: {
    exitCode: exitCodes.unexpected,
    hint: 'the call may have been executed; check before repeating it',
  },
  message_too_large: {
    exitCode: exitCodes.unexpected,
    hint: 'send or ask for less at once',
  },
  not_allowed: {
    exitCode: exitCodes.notAllowed,
    hint: 'its owner can let your key in with: mcp-nostr allow <npub>',
  },
  busy: { exitCode: exitCodes.unexpected, hint: 'try again later' },
  server_failed: {
    exitCode: exitCodes.unexpected,
    hint: "the fault is at the server's end; its owner sees more there",
  },
  signer_failed: { exitCode: exitCodes.unexpected, hint: 'nothing was sent; try again' },
  rate_limited: { exitCode: exitCodes.notAllowed, hint: 'nothing was executed; try again a little later' },
  invite_required: {
    exitCode: exitCodes.notAllowed,
    hint: 'ask its owner for an invite, which mcp-nostr pair redeems, or to run: mcp-nostr allow <npub>',
  },
  invite_expired: { exitCode: exitCodes.notAllowed, hint: 'ask its owner for another invite' },
  grant_expired: { exitCode: exitCodes.notAllowed, hint: 'the identity has to approve again' },
  server_moved: {
    exitCode: exitCodes.verificationFailed,
    hint: 'nothing was executed; look at the new key before it is accepted',
  },
  pin_mismatch: {
    exitCode: exitCodes.verificationFailed,
    hint: 'nothing was executed; look at what has changed before it is accepted',
  },
  payment_required: {
    exitCode: exitCodes.notPaid,
    hint: 'nothing was executed; --pay shows what to pay, and waits until it is paid',
  },
  payment_rejected: { exitCode: exitCodes.notPaid, hint: 'nothing was executed' },
  wrong_clock: { exitCode: exitCodes.unexpected, hint: 'nothing was executed; set the clock right' },
  encryption_required: { exitCode: exitCodes.notAllowed, hint: 'nothing was executed; send it encrypted' },
  not_encrypted: {
    exitCode: exitCodes.unreachable,
    hint: 'nothing was executed; add --encryption none where every relay may read along',
  },
};

/** Errors of the address and the machine that the person at the keyboard can put right. */
const usageCodes = new Set([
  'bad_address',
  'bad_relay_url',
  'secret_key_given',
  'bad_option',
  'bad_host',
  'port_in_use',
  'port_not_allowed',
  'bad_access_book',
  'access_book_full',
]);

/** What the shell and the person are told about any error, whoever threw it. */
export function describeError(error: unknown): ErrorReport {
  if (error instanceof CliError) {
    const { code, message, hint, exitCode } = error;
    return { code, message, exitCode, ...(hint === undefined ? {} : { hint }) };
  }
  if (!(error instanceof Error))
    return { code: 'unexpected', message: String(error), exitCode: exitCodes.unexpected };
  // The SDK puts the number in front of what the server said; the name below says it better.
  const message = error.message.replace(/^MCP error -?\d+: /, '');
  const code = codeOf(error);
  if (typeof code === 'string' && isFailureCode(code)) return { code, message, ...wayFailures[code] };
  if (code === 'no_relays') {
    const hint = 'give one that the server is on with --relay <url>, or ask its owner for the nprofile';
    return { code, message, hint, exitCode: exitCodes.unreachable };
  }
  if (code === REQUEST_TIMEOUT) {
    return {
      code: 'timed_out',
      message: 'the server did not answer in time',
      hint: '--timeout <seconds> waits longer',
      exitCode: exitCodes.timedOut,
    };
  }
  // Node's errors of files that were named: they say which, and why not.
  if ('syscall' in error && 'path' in error)
    return { code: 'file_error', message, exitCode: exitCodes.usage };
  const exitCode = typeof code === 'string' && usageCodes.has(code) ? exitCodes.usage : exitCodes.unexpected;
  return { code: typeof code === 'string' ? code : 'unexpected', message, exitCode };
}

/** The SDK's `ErrorCode.RequestTimeout`, by number so that this file needs no SDK at run time. */
const REQUEST_TIMEOUT = -32_001;

/** The name of the failure if a server's or transport's answer carries one, else the error's own code. */
function codeOf(error: Error): unknown {
  const data: unknown = 'data' in error ? error.data : undefined;
  if (isRecord(data) && typeof data['code'] === 'string' && isFailureCode(data['code'])) return data['code'];
  return 'code' in error ? error.code : undefined;
}
