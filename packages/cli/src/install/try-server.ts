import { isFailureCode } from '@mcp-nostr/core';

import { CliError, type CliErrorCode, describeError } from '../errors.ts';
import { oneLine } from '../terminal.ts';
import type { Started } from './host-start.ts';
import type { HostEntry } from './own-entry.ts';
import { nameFor } from './server-name.ts';
import { withoutAdvice } from './server-probe.ts';

/** What the server calls itself, made fit for hosts. One that cannot be reached gets a name of its key. */
export async function lookUpName(entry: HostEntry, pubkey: string): Promise<string> {
  try {
    // The SDK is loaded here and for no other command.
    const { startAsHost } = await import('./host-start.ts');
    return nameFor((await startAsHost(entry)).serverName, pubkey);
  } catch (error) {
    const name = nameFor(undefined, pubkey);
    const { message } = describeError(error);
    process.stderr.write(
      `the server could not be asked for its name: ${oneLine(withoutAdvice(message), 200)}\n`,
    );
    process.stderr.write(`it is called ${name}; --name <name> says otherwise\n`);
    return name;
  }
}

/** How the trial went. */
export interface Proof {
  started?: Started;
  failure?: CliError;
}

/** Starts the entry that was written. Its failure is no reason to undo anything: the server may be off for now. */
export async function prove(entry: HostEntry, address: string): Promise<Proof> {
  try {
    const { startAsHost } = await import('./host-start.ts');
    return { started: await startAsHost(entry) };
  } catch (error) {
    const { code, message, exitCode } = describeError(error);
    return {
      failure: new CliError(
        codeOf(code),
        exitCode,
        `the entry was tried and did not work: ${withoutAdvice(message)}`,
        {
          hint: `it stays, for when the server is there; to find out more: mcp-nostr doctor ${address}`,
          cause: error,
        },
      ),
    };
  }
}

function codeOf(code: string): CliErrorCode {
  return isFailureCode(code) || code === 'timed_out' ? code : 'start_failed';
}
