import { NostrClientTransport } from '@mcp-nostr/client';

import type { ResolvedServer } from '../address-book/resolve-address.ts';
import { RelayBoard } from '../connect/relay-board.ts';
import { type Acquaintance, discover, initialize } from '../doctor/eras.ts';
import { CliError, describeError, exitCodes } from '../errors.ts';
import { firstAnswerTimeoutMs, type OpenedKey } from '../keys/open-signer.ts';
import { McpRequestError, McpRequests } from '../mcp-requests.ts';
import { clientRelays } from '../relay-options.ts';
import { unreachable } from '../unreachable.ts';
import { TooSlow } from '../within.ts';

export interface RedeemOptions {
  server: ResolvedServer;
  /** `--relay` */
  relays: string[] | undefined;
  invite: string;
  key: OpenedKey;
  /** For each answer. */
  timeoutMs: number;
  signal: AbortSignal;
}

/**
 * Opens a connection with the invite, which redeems it, and asks what is there; undefined when the server lets us in and
 * the program behind it does not answer. Redeeming again is harmless: the server knows the key by then.
 * @throws {Error} why the server does not let us in, or that it was not heard
 */
export async function redeemInvite(options: RedeemOptions): Promise<Acquaintance | undefined> {
  try {
    return await ask(options, initialize);
  } catch (error) {
    if (!isServersOwn(error)) throw error;
  }
  try {
    return await ask(options, discover);
  } catch (error) {
    if (!isServersOwn(error)) throw error;
    return undefined;
  }
}

async function ask(
  { server, relays, invite, key, ...limits }: RedeemOptions,
  getToKnow: (mcp: McpRequests, clientName: string) => Promise<Acquaintance>,
): Promise<Acquaintance> {
  const board = new RelayBoard();
  const transport = new NostrClientTransport({
    server: server.address,
    ...clientRelays(server, relays),
    signer: key.signer,
    ...key.sessionAt(server.pubkey),
    invite,
    onrelay: board.update,
  });
  try {
    const mcp = new McpRequests(transport, {
      ...limits,
      timeoutMs: firstAnswerTimeoutMs(key, limits.timeoutMs),
    });
    await transport.start();
    return await getToKnow(mcp, 'mcp-nostr pair');
  } catch (error) {
    throw error instanceof TooSlow ? notHeard(error, board) : error;
  } finally {
    await transport.close();
  }
}

/** It may have taken the invite: a key that has redeemed one can do it again. */
function notHeard(cause: TooSlow, board: RelayBoard): CliError {
  if (board.areDown) return unreachable(board, cause);
  const hint = 'is it running? the same invite can be tried again, with the same key';
  return new CliError('timed_out', exitCodes.timedOut, `the server did not answer: ${cause.message}`, {
    hint,
    cause,
  });
}

/** What only a server can say that has taken the connection: MCP's own errors, and that its program failed. */
function isServersOwn(error: unknown): boolean {
  const { code } = describeError(error);
  return code === 'server_failed' || (error instanceof McpRequestError && code === 'unexpected');
}
