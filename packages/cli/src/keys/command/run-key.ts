import { generateSecretKey } from '@mcp-nostr/core';

import { chooseKey } from '../chosen-key.ts';
import { keepKey, requireFreeName } from '../keep-key.ts';
import { requireKey } from '../key-folder.ts';
import { describeKey, listKeys } from '../list-keys.ts';
import { importKey } from './import-key.ts';
import { moveKey } from './move-key.ts';
import type { ImportOptions, JsonOption, MakeOptions, NewOptions, UseOptions } from './options.ts';
import { offerKey } from './offer-key.ts';
import { printDone, printKept, printKey, printKeys, printNote } from './print-keys.ts';
import { showKey } from './show-key.ts';

export { exportKey } from './export-key.ts';
export { removeKey } from './remove-key.ts';
export { rotate } from './rotate-key.ts';

export async function newKey(name: string, options: MakeOptions): Promise<void> {
  const { store, json } = options;
  requireFreeName(name);
  if (options.bunker === true) return printKept(await offerKey(name, options), json);
  printKept(
    await keepKey({
      name,
      secretKey: generateSecretKey(),
      store,
      isSilent: json === true,
      onnote: printNote,
    }),
    json,
  );
}

export async function printList({ json }: JsonOption): Promise<void> {
  printKeys(await listKeys(), json);
}

export async function printOne(name: string | undefined, { json }: JsonOption): Promise<void> {
  printKey(await showKey(name), json);
}

export async function bringIn(name: string, options: ImportOptions): Promise<void> {
  printKept(await importKey(name, options), options.json);
}

export async function useKey(name: string, { for: role, json }: UseOptions): Promise<void> {
  const { npub } = await describeKey(name, requireKey(name));
  await chooseKey(role, name);
  const who = role === 'server' ? 'serve acts' : 'connect and call act';
  printDone({ name, npub, for: role }, `${who} as ${npub ?? name} (${name}) from now on`, json);
}

export async function move(name: string, options: NewOptions): Promise<void> {
  printKept(await moveKey(name, options), options.json);
}
