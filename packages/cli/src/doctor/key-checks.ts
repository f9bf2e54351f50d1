import { existsSync } from 'node:fs';

import { formatNpub, getPublicKey } from '@mcp-nostr/core';

import { describeError } from '../errors.ts';
import { findKeySource, type KeyQuestion, type KeySource } from '../keys/key-source.ts';
import { readSecretKey } from '../keys/read-secret-key.ts';
import { Findings } from './check.ts';

export interface KeyReport {
  findings: Findings;
  /** Where it is, or will be; undefined when none can be used. */
  source?: KeySource;
  /** Undefined when there is none yet, or none that can be used. */
  secretKey?: Uint8Array;
}

/** Reads a key and makes none; `title` is whose it is. */
export async function checkKey(question: KeyQuestion, title: string): Promise<KeyReport> {
  const findings = new Findings('key', title);
  try {
    const source = findKeySource(question);
    if (source.kind === 'file' && source.isMade && !existsSync(source.path)) {
      findings.ok('', `none yet; made at the first use, as ${source.path}`);
      return { findings, source };
    }
    const secretKey = await readSecretKey(source);
    findings.ok('', `${formatNpub(getPublicKey(secretKey))} in ${source.shown}`);
    return { findings, source, secretKey };
  } catch (error) {
    const { message, hint = 'name another with --key', exitCode } = describeError(error);
    findings.fail('', message, { hint, exitCode });
    return { findings };
  }
}
