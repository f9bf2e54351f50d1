import { harmless, paintFor } from '../../terminal.ts';
import type { Kept } from '../keep-key.ts';
import type { ListedKey } from '../list-keys.ts';
import type { ShownKey } from './show-key.ts';

const storeWords: Record<ListedKey['store'], string> = {
  file: 'file of mode 600',
  encrypted: 'encrypted (NIP-49)',
  keychain: 'keychain',
  bunker: 'remote signer',
};

/** For people: what goes on. */
export function printNote(line: string): void {
  process.stderr.write(`${line}\n`);
}

export function printKept(kept: Kept, json: boolean | undefined): void {
  const { name, npub, store, path } = kept;
  printDone({ name, npub, store, path }, `${name}  ${npub}\n  ${storeWords[store]}: ${path}`, json);
}

export function printKeys(keys: readonly ListedKey[], json: boolean | undefined): void {
  if (json === true) return void process.stdout.write(`${JSON.stringify({ keys })}\n`);
  if (keys.length === 0)
    process.stderr.write('there are no keys yet: the first use makes one, or mcp-nostr key new\n');
  const width = Math.max(...keys.map(({ name }) => name.length), 0);
  for (const key of keys) process.stdout.write(`${harmless(listLine(key, width))}\n`);
}

function listLine({ name, npub, store, usedFor, problem }: ListedKey, width: number): string {
  const used = usedFor.length === 0 ? '' : `  used by ${usedFor.map(usersWord).join(', ')}`;
  return `${name.padEnd(width)}  ${npub ?? 'npub not known without its password'}  ${storeWords[store]}${used}${problem === undefined ? '' : `  ! ${problem}`}`;
}

export function printKey(key: ShownKey, json: boolean | undefined): void {
  if (json === true) return void process.stdout.write(`${JSON.stringify(key)}\n`);
  const paint = paintFor(process.stdout);
  const rows: [string, string | undefined][] = [
    ['name', key.name],
    ['npub', key.npub],
    ['hex', key.pubkey],
    ['kept in', key.store === undefined ? key.from : `${storeWords[key.store]}: ${key.from}`],
    ['used by', key.usedFor?.map(usersWord).join(', ')],
    ['paired with', key.pairedWith?.join(', ')],
    ['problem', key.problem],
  ];
  for (const [title, value = ''] of rows)
    if (value !== '') process.stdout.write(`${paint('dim', title.padEnd(11))} ${harmless(value)}\n`);
}

function usersWord(role: 'server' | 'client'): string {
  return role === 'server' ? 'serve' : 'connect, call';
}

/** One line for a person, or one document. */
export function printDone(fields: Record<string, unknown>, text: string, json: boolean | undefined): void {
  process.stdout.write(`${json === true ? JSON.stringify(fields) : text}\n`);
}
