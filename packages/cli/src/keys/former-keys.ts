import { join } from 'node:path';

import { eventJson, isRecord, type NostrEvent, parseEvent, readSuccessor } from '@mcp-nostr/core';

import { CliError, describeError, exitCodes } from '../errors.ts';
import { ourFolder } from '../folders.ts';
import { textOf } from '../locked-file.ts';
import { replaceFile } from '../write-file.ts';
import { requireKey } from './key-folder.ts';
import { type OpenedKey, openSigner } from './open-signer.ts';

/** A key that a server had before. */
export interface FormerKey {
  /** The name under which it is kept now. */
  name: string;
  /** What it has signed: which key followed it. */
  statement: NostrEvent;
}

/** The same, ready to answer. */
export interface OpenedFormerKey extends FormerKey {
  key: OpenedKey;
}

const VERSION = 1;
/** Each costs a connection to every relay; who has missed so many rotations asks for the address. */
const MAX_OPENED = 8;

/** One file for each present key of a server, hex. */
function formerPath(pubkey: string, env: NodeJS.ProcessEnv): string {
  return join(ourFolder('data', env), 'former', `${pubkey}.json`);
}

/** Of a server's present key, the oldest first. @throws {CliError} `config_file` for a file that cannot be read */
export function readFormerKeys(pubkey: string, env: NodeJS.ProcessEnv = process.env): FormerKey[] {
  const path = formerPath(pubkey, env);
  try {
    const text = textOf(path);
    if (text === undefined) return [];
    const document: unknown = JSON.parse(text);
    const { version, former } = isRecord(document) ? document : {};
    if (version !== VERSION || !Array.isArray(former)) throw new Error('it is no list of former keys');
    return former.map(parseFormerKey);
  } catch (cause) {
    throw new CliError(
      'config_file',
      exitCodes.usage,
      `${path} cannot be read: ${describeError(cause).message}`,
      {
        hint: 'it says which keys a server had before; move it away, and callers of those hear nothing',
        cause,
      },
    );
  }
}

export async function writeFormerKeys(
  pubkey: string,
  former: readonly FormerKey[],
  env: NodeJS.ProcessEnv = process.env,
): Promise<void> {
  const shown = former.map(({ name, statement }): unknown => ({
    name,
    statement: JSON.parse(eventJson(statement)),
  }));
  await replaceFile(
    formerPath(pubkey, env),
    `${JSON.stringify({ version: VERSION, former: shown }, undefined, 1)}\n`,
  );
}

/**
 * The former keys of a server that can still be used; of one that was removed since, or is locked, its callers are told
 * nothing. `onproblem`: why.
 */
export async function openFormerKeys(
  pubkey: string,
  onproblem: (problem: string) => void,
  env: NodeJS.ProcessEnv = process.env,
): Promise<OpenedFormerKey[]> {
  const opened: OpenedFormerKey[] = [];
  for (const former of readFormerKeys(pubkey, env).slice(-MAX_OPENED)) {
    try {
      const key = await openSigner({ given: requireKey(former.name, env), role: 'server', env });
      readSuccessor(former.statement, key.pubkey, Math.floor(Date.now() / 1_000));
      opened.push({ ...former, key });
    } catch (error) {
      const { message } = describeError(error);
      onproblem(`callers of the former key ${former.name} are not told that there is another: ${message}`);
    }
  }
  return opened;
}

function parseFormerKey(entry: unknown): FormerKey {
  if (!isRecord(entry) || typeof entry['name'] !== 'string') throw new Error('one of its keys has no name');
  return { name: entry['name'], statement: parseEvent(entry['statement']) };
}
