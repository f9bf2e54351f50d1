import { createHash } from 'node:crypto';
import { join } from 'node:path';

import { type RemoteSigner, resumeRemoteSigner } from '@mcp-nostr/client/remote-signer';
import { GRANT_KIND, parseSecretKey, type Signer } from '@mcp-nostr/core';

import { readKeyFile } from '../../key-file.ts';
import { keepSession, keptSession } from '../../sessions/kept-sessions.ts';
import { replaceFile } from '../../write-file.ts';
import { keysFolder } from '../key-folder.ts';
import type { OpenedKey } from '../open-signer.ts';
import { secretVariable } from '../secret-variables.ts';
import type { StoredKey } from '../stored-key.ts';
import { formatBunkerRecord, parseBunkerRecord } from './bunker-record.ts';
import { connectSigner, say, showPage } from './connect-signer.ts';

/** A person who has approved within this need not be told that it was needed. */
const PATIENCE_MS = 1_500;

type StoredRemoteKey = Extract<StoredKey, { store: 'bunker' | 'bunker-address' }>;

/** A key that a remote signer holds (NIP-46). One that was connected before asks nobody anything yet. */
export async function openRemoteKey(
  stored: StoredRemoteKey,
  env: NodeJS.ProcessEnv = process.env,
): Promise<Omit<OpenedKey, 'shown' | 'name'>> {
  const signer =
    stored.store === 'bunker'
      ? resumeRemoteSigner(stored.record, { onauthurl: showPage })
      : await openByAddress(stored.address, env);
  const identity = signer.pubkey;
  let kept: Promise<void> = Promise.resolve();
  return {
    signer: notedSigner(signer),
    pubkey: identity,
    isLocal: false,
    sessionAt: (server, sessionSeconds) => ({
      session: () => keptSession({ identity, server, env }),
      sessionSeconds,
      onsession: (session) => {
        kept = kept
          .then(() => keepSession({ identity, server, env }, session))
          .catch((error: unknown) =>
            say(
              `the session cannot be kept, so the next start asks your remote signer again: ${String(error)}`,
            ),
          );
      },
    }),
    close: async () => {
      signer.close();
      await kept;
    },
  };
}

/**
 * The signer of an address, where nothing but variables can be given to a program. An address works once, so what comes
 * of it is kept under its hash. `NOSTR_CLIENT_KEY` is the key that the signer is to know us by.
 */
async function openByAddress(address: string, env: NodeJS.ProcessEnv): Promise<RemoteSigner> {
  const hash = createHash('sha256').update(address).digest('hex');
  const path = join(keysFolder(env), 'bunkers', `${hash.slice(0, 32)}.bunker`);
  const known = parseBunkerRecord((await readKeyFile(path))?.line ?? '');
  if (known !== undefined) return resumeRemoteSigner(known, { onauthurl: showPage });
  const clientKey = secretVariable(env, 'NOSTR_CLIENT_KEY');
  const signer = await connectSigner(
    address,
    clientKey === undefined ? {} : { clientKey: parseSecretKey(clientKey) },
  );
  // A container may have no folder that it can write; while it runs nothing is lost.
  await replaceFile(path, formatBunkerRecord(signer.record)).catch((error: unknown) =>
    say(`the remote signer is connected, but the next start needs another address of it: ${String(error)}`),
  );
  return signer;
}

/** Tells the person that it is their turn, when they seem not to know. */
function notedSigner(signer: RemoteSigner): Signer {
  return {
    getPublicKey: () => signer.getPublicKey(),
    signEvent: async (template) => {
      if (template.kind !== GRANT_KIND) return signer.signEvent(template);
      const timer = setTimeout(
        () => say('waiting for your remote signer to approve the session'),
        PATIENCE_MS,
      );
      try {
        return await signer.signEvent(template);
      } finally {
        clearTimeout(timer);
      }
    },
    nip44: signer.nip44,
  };
}
