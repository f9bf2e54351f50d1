import { parseAddressLink } from '../address-book/address-link.ts';
import { isName } from '../address-book/names.ts';
import { usageError } from '../errors.ts';
import { paintFor } from '../terminal.ts';

/** For one answer of the server that an invite is for. */
const TIMEOUT_MS = 30_000;

interface PairFirstOptions {
  name?: string | undefined;
  key?: string | undefined;
  relay?: string[] | undefined;
  dryRun?: boolean | undefined;
  mcpb?: string | undefined;
}

/**
 * Redeems the invite of a link before anything is written, and gives the name that the server has from then on: no
 * configuration ever has the invite. Any other text stays as it is.
 */
export async function pairFirst(
  text: string,
  { name, key, relay, dryRun, mcpb }: PairFirstOptions,
): Promise<string> {
  if (parseAddressLink(text).invite === undefined) return text;
  if (dryRun === true)
    throw usageError(
      'an invite cannot be tried without redeeming it',
      'mcp-nostr pair, and then mcp-nostr install <name> --dry-run',
    );
  if (mcpb !== undefined)
    throw usageError(
      'an invite lets in the key of one machine, and a bundle carries none',
      'mcp-nostr pair on the machine that is to use it; and mcp-nostr install <name> --mcpb <file> for the bundle',
    );
  // What redeems invites is loaded for them alone.
  const [{ pairServer }, { formatPaired }, { hideArguments }] = await Promise.all([
    import('../pair/pair-server.ts'),
    import('../pair/format-paired.ts'),
    import('../pair/hide-arguments.ts'),
  ]);
  hideArguments();
  const { signal } = new AbortController();
  // Hosts take names that are none here.
  const own = name !== undefined && isName(name) ? { name } : {};
  const paired = await pairServer(text, { ...own, key, relay, timeoutMs: TIMEOUT_MS, signal });
  process.stderr.write(formatPaired(paired, paintFor(process.stderr)));
  return paired.name;
}
