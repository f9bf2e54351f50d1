import { readFileSync } from 'node:fs';
import { readdir, rm, unlink } from 'node:fs/promises';
import { join } from 'node:path';

import type { Session } from '@mcp-nostr/client';
import { getPublicKey, isRecord, parseSecretKey, readPaper } from '@mcp-nostr/core';

import { ourFolder } from '../folders.ts';
import { hideSecretKey } from '../log/redact.ts';
import { replaceFile } from '../write-file.ts';

/** Who has granted a session, and where it counts: public keys in hex. */
export interface SessionPlace {
  identity: string;
  server: string;
  env?: NodeJS.ProcessEnv | undefined;
}

/**
 * The session that was granted before, by this program or another one, if it still counts: whoever holds the identity
 * is asked once a day and not at each start. Programs that run at once share it.
 */
export function keptSession(place: SessionPlace): Session | undefined {
  try {
    return parseSession(readFileSync(sessionPath(place), 'utf8'), place);
  } catch {
    return undefined; // missing, or of no use any more: the next one replaces it
  }
}

export async function keepSession(place: SessionPlace, session: Session): Promise<void> {
  const secretKey = Buffer.from(session.secretKey).toString('hex');
  hideSecretKey(secretKey);
  await replaceFile(
    sessionPath(place),
    `${JSON.stringify({ version: 1, secretKey, grant: session.grant })}\n`,
  );
}

/** It counts no more. */
export async function forgetSession(place: SessionPlace): Promise<void> {
  await rm(sessionPath(place), { force: true });
}

/** Those of an identity that is not used here any more. */
export async function forgetSessions(identity: string, env?: NodeJS.ProcessEnv): Promise<void> {
  const folder = sessionsFolder(env);
  const files = await readdir(folder).catch(() => []);
  const own = files.filter((file) => file.startsWith(`${identity}-`));
  await Promise.all(own.map((file) => unlink(join(folder, file)).catch(() => undefined)));
}

/** @throws for what is no session of this identity at this server, or one that has ended */
function parseSession(text: string, { identity, server }: SessionPlace): Session | undefined {
  const kept: unknown = JSON.parse(text);
  if (!isRecord(kept) || kept['version'] !== 1 || typeof kept['secretKey'] !== 'string') return undefined;
  hideSecretKey(kept['secretKey']);
  const secretKey = parseSecretKey(kept['secretKey']);
  const paper = readPaper(JSON.stringify(kept['grant']), {
    server,
    session: getPublicKey(secretKey),
    nowSeconds: Math.floor(Date.now() / 1000),
  });
  if (paper.identity !== identity || paper.grant === undefined) return undefined;
  return { secretKey, grant: paper.event, expiresAt: paper.grant.expiresAt };
}

function sessionPath({ identity, server, env }: SessionPlace): string {
  return join(sessionsFolder(env), `${identity}-${server}.json`);
}

function sessionsFolder(env?: NodeJS.ProcessEnv): string {
  return join(ourFolder('data', env), 'sessions');
}
