import { CliError, describeError } from '../errors.ts';
import type { Program } from '../host-start/hosted-program.ts';
import type { Started } from '../host-start/start-as-host.ts';
import { oneLine } from '../terminal.ts';
import { nameFor } from './server-name.ts';

/** What the server calls itself, made fit for hosts. One that cannot be reached gets a name of its key. */
export async function lookUpName(program: Program, pubkey: string): Promise<string> {
  try {
    return nameFor((await reach(program)).serverName, pubkey);
  } catch (error) {
    const name = nameFor(undefined, pubkey);
    const { message } = describeError(error);
    process.stderr.write(`the server could not be asked for its name: ${oneLine(message, 200)}\n`);
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
export async function prove(program: Program, address: string): Promise<Proof> {
  try {
    return { started: await reach(program) };
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    const { code, message, exitCode } = error;
    return {
      failure: new CliError(code, exitCode, `the entry was tried and did not work: ${message}`, {
        hint: `it stays, for when the server is there; to find out more: mcp-nostr doctor ${address}`,
        cause: error,
      }),
    };
  }
}

/** @throws {CliError} also when the host was answered and the server was not reached */
async function reach(program: Program): Promise<Started> {
  // What it takes is loaded here and for no other command.
  const { HOST_PATIENCE_MS, startAsHost } = await import('../host-start/start-as-host.ts');
  const { signal } = new AbortController();
  const started = await startAsHost(program, { timeoutMs: HOST_PATIENCE_MS, signal });
  const absence = started.servers.find((server) => server.absence !== undefined)?.absence;
  if (absence !== undefined) throw absence;
  return started;
}
