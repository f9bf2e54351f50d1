import { rename } from 'node:fs/promises';

import {
  formatNpub,
  generateSecretKey,
  getPublicKey,
  type NostrEvent,
  successorTemplate,
} from '@mcp-nostr/core';

import { accessFilePath } from '../access/access-file.ts';
import { servedRelays } from '../access/served-relays.ts';
import { textOf } from '../locked-file.ts';
import { replaceFile } from '../write-file.ts';
import { readFormerKeys, writeFormerKeys } from './former-keys.ts';
import { keepKey, type Kept, requireFreeName } from './keep-key.ts';
import { MAX_NAME_LENGTH } from './key-name.ts';
import { keyPath, type OwnStore, requireKey, storeOf } from './key-folder.ts';
import { openSigner } from './open-signer.ts';

export interface Rotation {
  name: string;
  store?: OwnStore | undefined;
  /** Where the server listens: the statement names them. @default where it was served last */
  relays?: readonly string[] | undefined;
  /** Nobody is asked for a password of the new key. */
  isSilent?: boolean;
  /** Is told why the new key is kept in no better place. */
  onnote?: (line: string) => void;
  env?: NodeJS.ProcessEnv;
}

export interface Rotated {
  kept: Kept;
  /** The key that it replaces, under the name that it has now. */
  former: { name: string; npub: string };
  statement: NostrEvent;
}

/**
 * Gives a server another key under the name of the former one, which says whom it is followed by and stays, so that
 * `serve` can answer there. Who may call moves along. The name changes its key last: until then everything is as before.
 */
export async function rotateKey(rotation: Rotation): Promise<Rotated> {
  const { name, isSilent, onnote, env = process.env } = rotation;
  const path = requireKey(name, env);
  const store = storeOf(path) ?? 'file';
  const announcedAt = Math.floor(Date.now() / 1_000);
  const formerName = freeName(name, announcedAt, env);
  const former = await openSigner({ given: path, role: 'server', env });
  const secretKey = generateSecretKey();
  const pubkey = getPublicKey(secretKey);
  const relays = rotation.relays ?? (await servedRelays(former.pubkey)) ?? [];
  const template = successorTemplate({
    former: former.pubkey,
    successor: { pubkey, relays: [...relays] },
    announcedAt,
  });
  try {
    const statement = await former.signer.signEvent(template);
    const next = `${name}-next`;
    const kept = await keepKey({
      name: next,
      secretKey,
      store: rotation.store ?? (store === 'bunker' ? undefined : store),
      isSilent: isSilent === true,
      ...(onnote !== undefined && { onnote }),
      env,
    });
    const earlier = readFormerKeys(former.pubkey, env);
    await writeFormerKeys(pubkey, [...earlier, { name: formerName, statement }], env);
    await copyAccess(former.pubkey, pubkey, env);
    await rename(path, keyPath(formerName, store, env));
    const target = keyPath(name, kept.store, env);
    await rename(kept.path, target);
    return {
      kept: { ...kept, name, path: target },
      former: { name: formerName, npub: formatNpub(former.pubkey) },
      statement,
    };
  } finally {
    await former.close();
  }
}

/** `server-until-2026-11-21`, and with a number behind it where there is one of that day. */
function freeName(name: string, seconds: number, env: NodeJS.ProcessEnv): string {
  const day = new Date(seconds * 1_000).toISOString().slice(0, 10);
  for (let count = 1; ; count++) {
    const end = `-until-${day}${count === 1 ? '' : `-${count}`}`;
    const former = `${name.slice(0, MAX_NAME_LENGTH - end.length)}${end}`;
    try {
      requireFreeName(former, env);
      return former;
    } catch (error) {
      if (count >= MAX_A_DAY) throw error;
    }
  }
}

/** Somebody who rotates more often in a day has a program that does not know when to stop. */
const MAX_A_DAY = 100;

/** Who may call the former key may call the new one: keys, rules and open invites. */
async function copyAccess(former: string, pubkey: string, env: NodeJS.ProcessEnv): Promise<void> {
  const text = textOf(accessFilePath(former, env));
  if (text !== undefined) await replaceFile(accessFilePath(pubkey, env), text);
}
