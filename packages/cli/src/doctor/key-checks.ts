import { existsSync } from 'node:fs';

import { formatNpub } from '@mcp-nostr/core';

import { describeError } from '../errors.ts';
import { findKeySource, type KeyQuestion } from '../keys/key-source.ts';
import { type OpenedKey, openSigner } from '../keys/open-signer.ts';
import { Findings } from './check.ts';

export interface KeyReport {
  findings: Findings;
  /** Undefined when there is none yet, or none that can be used. */
  key?: OpenedKey;
}

/** Opens a key and makes none; `title` is whose it is. */
export async function checkKey(question: KeyQuestion, title: string): Promise<KeyReport> {
  const findings = new Findings('key', title);
  try {
    const source = findKeySource(question);
    if (source.kind === 'file' && source.isMade && !existsSync(source.path)) {
      findings.ok('', `none yet; made at the first use, as ${source.path}`);
      return { findings };
    }
    const key = await openSigner(question);
    findings.ok('', `${formatNpub(key.pubkey)} in ${key.shown}`);
    return { findings, key };
  } catch (error) {
    const { message, hint = 'name another with --key', exitCode } = describeError(error);
    findings.fail('', message, { hint, exitCode });
    return { findings };
  }
}
