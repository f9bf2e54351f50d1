import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';

import { isRecord } from '@mcp-nostr/core';

import { CliError, exitCodes } from '../../errors.ts';
import { shownLine } from '../../log/redact.ts';
import { keychainHelper } from './keychain-helper.ts';

/** Under this name all of ours are in the keychain, each with its npub as the account. */
const SERVICE = 'mcp-nostr';
/** A keychain that is locked may ask the person for a password meanwhile. */
const TIMEOUT_MS = 30_000;
/** More than any key has. */
const MAX_ANSWER_BYTES = 16_384;

/** The operating system's store of secrets: Keychain, Credential Manager, or the Secret Service of a desktop. */
export interface Keychain {
  /** Undefined when it works and has no such secret. */
  get(account: string): Promise<string | undefined>;
  set(account: string, secret: string): Promise<void>;
  /** Whether there was one. */
  delete(account: string): Promise<boolean>;
}

export interface KeychainOptions {
  /** Where the native module is. @default where Node finds it */
  module?: string | undefined;
  timeoutMs?: number;
}

/**
 * The keychain by way of another process, which is loaded for nothing else. Calls of the native module wait for the
 * desktop without a bound and block the thread that makes them, its constructor too: only a process can be given up.
 * Whatever is wrong with it is an error `keychain` that says what.
 */
export function openKeychain({ module, timeoutMs = TIMEOUT_MS }: KeychainOptions = {}): Keychain {
  const ask = (operation: string, account: string, secret?: string): Promise<Record<string, unknown>> =>
    askHelper({ module: module ?? findModule(), service: SERVICE, account, operation, secret }, timeoutMs);
  return {
    get: async (account) => {
      const { secret } = await ask('get', account);
      return typeof secret === 'string' ? secret : undefined;
    },
    set: async (account, secret) => {
      const { isKept } = await ask('set', account, secret);
      if (isKept !== true) throw keychainError('it has not kept what it was given');
    },
    delete: async (account) => (await ask('delete', account))['isDeleted'] === true,
  };
}

/** Beside this program, or in the folder of the copies that hosts start. @throws {CliError} */
function findModule(): string {
  try {
    return createRequire(import.meta.url).resolve('@napi-rs/keyring');
  } catch (cause) {
    throw keychainError('@napi-rs/keyring is not installed with this program', cause);
  }
}

function askHelper(question: Record<string, unknown>, timeoutMs: number): Promise<Record<string, unknown>> {
  return new Promise((resolve, reject) => {
    const options = { timeout: timeoutMs, killSignal: 'SIGKILL', maxBuffer: MAX_ANSWER_BYTES } as const;
    const child = execFile(process.execPath, ['-e', keychainHelper], options, (failure, stdout) => {
      const answer = parseAnswer(stdout);
      if (failure?.killed === true) reject(keychainError(`it did not answer within ${timeoutMs / 1_000} s`));
      else if (answer === undefined)
        reject(keychainError(`its process ended with ${failure?.signal ?? failure?.code ?? 'nothing'}`));
      else if (typeof answer['error'] === 'string') reject(keychainError(shownLine(answer['error'], 200)));
      else resolve(answer);
    });
    // It may end before it has read.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(JSON.stringify(question));
  });
}

function parseAnswer(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function keychainError(reason: string, cause?: unknown): CliError {
  return new CliError('keychain', exitCodes.usage, `the keychain cannot be used: ${reason}`, {
    hint: 'it needs a desktop session in which it is unlocked; mcp-nostr key new --store file does without',
    cause,
  });
}
