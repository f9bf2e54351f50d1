import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { buildCli } from '../../packages/cli/bundle/build-cli.ts';
import { bundle } from '../chaos/bundle.ts';
import type { Leg } from './plan.ts';
import { installSuite, type Suite } from './suite/install.ts';

/** What all legs of one run work with. */
export interface Workshop {
  readonly suite: Suite;
  /** The built `mcp-nostr`, as it ships. */
  readonly cli: string;
  /** Where the client that the suite starts lies, as one file. */
  readonly bundles: string;
  /** Keys that are made on the way. */
  readonly home: string;
  /** Decides what goes wrong at the bad relays. */
  readonly seed: number;
  /** Where the suite writes what it found in one leg. */
  folderOf(leg: Leg): string;
  /** Leaves nothing behind. */
  clear(): void;
}

export async function openWorkshop(seed: number, onprogress: (line: string) => void): Promise<Workshop> {
  const suite = await installSuite(onprogress);
  const { file: cli } = await buildCli();
  const folder = mkdtempSync(join(tmpdir(), 'mcp-nostr-conformance-'));
  const bundles = join(folder, 'bundles');
  await bundle([fileURLToPath(new URL('./clients/client-process.ts', import.meta.url))], bundles);
  return {
    suite,
    cli,
    bundles,
    home: join(folder, 'home'),
    seed,
    folderOf: ({ side, revision, sdk, way }) =>
      join(folder, 'results', [side, revision, sdk, way].join('-').replaceAll(' ', '-')),
    clear: () => rmSync(folder, { recursive: true, force: true }),
  };
}
