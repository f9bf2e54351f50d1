import { type Unannounced, unannounce } from '@mcp-nostr/server';

import { servedRelays } from '../access/served-relays.ts';
import { knownServer } from '../access/which-server.ts';
import type { WhichServerOptions } from '../access/which-server-options.ts';
import { CliError, exitCodes, usageError } from '../errors.ts';
import { serverKeyPath } from '../key-file.ts';
import { openSigner } from '../keys/open-signer.ts';
import { relaysFromEnvironment } from '../relay-options.ts';
import { oneLine } from '../terminal.ts';
import { announcedKinds, readAnnounced, setAnnounced } from './announced-file.ts';

export interface UnannounceCommandOptions extends WhichServerOptions {
  relay?: string[];
  relayList?: boolean;
  profile?: boolean;
  json?: boolean;
}

export async function runUnannounce(options: UnannounceCommandOptions): Promise<void> {
  const { pubkey, npub } = await knownServer(options);
  const kept = readAnnounced(pubkey);
  const relays = options.relay ?? (await relaysOf(pubkey, kept.relays));
  if (relays.length === 0)
    throw usageError(`nothing is known of where ${npub} was announced`, 'name its relays: --relay wss://…');
  const given = options.server === undefined ? options.key : serverKeyPath(options.server);
  const key = await openSigner({ given, role: 'server' });
  try {
    const kinds = [...new Set([...announcedKinds(options), ...kept.kinds])];
    const outcomes = await unannounce({ signer: key.signer, relays, kinds });
    const undone = outcomes.filter(({ problem }) => problem !== undefined);
    await setAnnounced(pubkey, stillAnnouncing(kept.relays, outcomes));
    report(npub, outcomes, options.json === true);
    if (undone.length > 0)
      throw new CliError(
        'relays_unreachable',
        exitCodes.unreachable,
        `${undone.length} of ${outcomes.length} relays may still announce ${npub}`,
        { hint: 'once more later; some relays do not delete what they were asked to' },
      );
  } finally {
    await key.close();
  }
}

/** A relay that was only named here, perhaps with a slip, and was not reached, is not asked for ever after. */
function stillAnnouncing(kept: readonly string[], outcomes: readonly Unannounced[]): string[] {
  const undone = outcomes.filter(({ problem }) => problem !== undefined);
  const done = new Set(outcomes.filter(({ problem }) => problem === undefined).map(({ relay }) => relay));
  const found = undone.filter(({ left }) => left > 0).map(({ relay }) => relay);
  return [...new Set([...found, ...kept.filter((relay) => !done.has(relay))])];
}

/** Where it was announced, and where it was served last. */
async function relaysOf(pubkey: string, announced: readonly string[]): Promise<string[]> {
  const served = (await servedRelays(pubkey)) ?? [];
  const known = [...new Set([...announced, ...served])];
  return known.length > 0 ? known : (relaysFromEnvironment() ?? []);
}

function report(npub: string, outcomes: readonly Unannounced[], isJson: boolean): void {
  if (isJson) {
    process.stdout.write(`${JSON.stringify({ server: npub, relays: outcomes })}\n`);
    return;
  }
  const lines = outcomes.map(({ relay, found, left, problem }) => {
    const what =
      problem !== undefined
        ? oneLine(left > 0 ? `${left} of ${found} events are left: ${problem}` : problem, 200)
        : found === 0
          ? 'had nothing of it'
          : `${found} events deleted`;
    return `${relay}  ${what}\n`;
  });
  process.stdout.write(lines.join(''));
}
