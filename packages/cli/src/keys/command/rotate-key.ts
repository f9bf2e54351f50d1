import { formatNpub } from '@mcp-nostr/core';

import { chosenKey } from '../chosen-key.ts';
import { rotateKey } from '../rotate.ts';
import type { RotateOptions } from './options.ts';
import { printDone } from './print-keys.ts';

/** Gives a server another key, and says what is to be done now. */
export async function rotate(
  given: string | undefined,
  { store, relay, json }: RotateOptions,
): Promise<void> {
  const name = given ?? chosenKey('server') ?? 'server';
  const { kept, former, statement } = await rotateKey({
    name,
    store,
    relays: relay,
    isSilent: json === true,
    onnote: (line) => process.stderr.write(`${line}\n`),
  });
  const { npub, path } = kept;
  const text =
    `${name}  ${npub}\n` +
    `  its former key ${former.npub} is kept as ${former.name}, and who may call has not changed\n` +
    '  start serve anew: it answers on the former key too, and tells who may call which key it has now\n' +
    `  when nobody comes there any more: mcp-nostr key rm ${former.name}`;
  const signer = formatNpub(statement.pubkey);
  printDone(
    { name, npub, path, store: kept.store, former, statement: { id: statement.id, by: signer } },
    text,
    json,
  );
}
