import { NostrClientTransport } from '@mcp-nostr/client';
import { formatNpub } from '@mcp-nostr/core';

import { describeError, type ErrorReport, exitCodes } from '../errors.ts';
import { shellWord } from '../shell-word.ts';
import { followCommand, successorOf } from '../successors/moved.ts';
import { formatDuration, oneLine } from '../terminal.ts';
import { wayIn } from '../way-in.ts';
import { type Check, Findings } from './check.ts';
import { type Acquaintance, discover, initialize } from './eras.ts';
import { firstAnswerTimeoutMs, type OpenedKey } from '../keys/open-signer.ts';
import { McpRequestError, McpRequests } from '../mcp-requests.ts';

export interface ServerCheckOptions {
  address: string;
  relays: string[];
  /** The server's public key. */
  pubkey: string;
  key: OpenedKey;
  encryption: 'required' | 'none';
  /** For each answer. */
  timeoutMs: number;
  signal: AbortSignal;
}

/** Gets to know the server in both eras of MCP, each over a connection of its own. Never rejects. */
export async function checkServer(options: ServerCheckOptions): Promise<Check[]> {
  const findings = new Findings('server');
  const npub = formatNpub(options.key.pubkey);
  const legacy = await attempt(options, (mcp) => initialize(mcp));
  const failure = legacy instanceof Error ? describeError(legacy) : undefined;
  if (failure !== undefined && !isRefusalOfEra(legacy)) {
    const successor = successorOf(legacy);
    const hint =
      successor === undefined ? hintFor(failure, npub) : followCommand(shellWord(options.address), successor);
    const exitCode = failure.code === 'timed_out' ? exitCodes.unreachable : failure.exitCode;
    const name =
      successor !== undefined ? 'moved' : failure.exitCode === exitCodes.notAllowed ? 'access' : 'reach';
    findings.fail(name, oneLine(failure.message, 300), { hint, exitCode });
    return findings.checks;
  }
  const modern = await attempt(options, (mcp) => discover(mcp));
  const known = [legacy, modern].flatMap((each) => (each instanceof Error ? [] : [each]));
  const [first] = known;
  if (first === undefined) {
    findings.fail('eras', `speaks no MCP that we know: ${oneLine(failure?.message ?? '', 200)}`, {
      hint: 'its owner sees more in the log of serve',
      exitCode: exitCodes.unexpected,
    });
    return findings.checks;
  }
  const { name, tools, firstAnswerMs, roundTripMs } = first;
  findings.ok(
    'reach',
    `${name} answered in ${formatDuration(firstAnswerMs)}, and then in ${formatDuration(roundTripMs)}`,
  );
  findings.ok('access', `serves ${npub}`);
  findings.ok('eras', `speaks MCP ${known.flatMap(({ versions }) => versions).join(', ')}`);
  findings.ok('tools', tools === 1 ? '1 tool' : `${tools} tools`);
  return findings.checks;
}

function hintFor(
  { code, hint = 'its owner sees more in the log of serve' }: ErrorReport,
  npub: string,
): string {
  if (code === 'timed_out') return 'is it running? --timeout <seconds> waits longer';
  return code === 'not_allowed' || code === 'invite_required' ? wayIn(code, npub) : hint;
}

/** The server itself answered, and not that it serves nobody. */
function isRefusalOfEra(error: unknown): boolean {
  return error instanceof McpRequestError && describeError(error).code === 'unexpected';
}

async function attempt(
  { address, pubkey, relays, key, encryption, ...limits }: ServerCheckOptions,
  getToKnow: (mcp: McpRequests) => Promise<Acquaintance>,
): Promise<Acquaintance | Error> {
  const transport = new NostrClientTransport({
    server: address,
    relays,
    signer: key.signer,
    ...key.sessionAt(pubkey),
    encryption,
  });
  try {
    const mcp = new McpRequests(transport, {
      ...limits,
      timeoutMs: firstAnswerTimeoutMs(key, limits.timeoutMs),
    });
    await transport.start();
    return await getToKnow(mcp);
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  } finally {
    void transport.close(); // It never rejects; its goodbye need not be waited for.
  }
}
