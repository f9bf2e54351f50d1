import { existsSync } from 'node:fs';

import { formatNpub, getPublicKey } from '@mcp-nostr/core';

import { describeError } from '../errors.ts';
import { loadSecretKey } from '../key-file.ts';
import { Findings } from './check.ts';

export interface KeyReport {
  findings: Findings;
  /** Undefined when there is none yet, or none that can be used. */
  secretKey: Uint8Array | undefined;
}

/** Reads a key file and makes none; `title` is whose it is. */
export async function checkKey(path: string, title: string): Promise<KeyReport> {
  const findings = new Findings('key', title);
  if (!existsSync(path)) {
    findings.ok('', `none yet; made at the first use, as ${path}`);
    return { findings, secretKey: undefined };
  }
  try {
    const secretKey = await loadSecretKey(path);
    findings.ok('', `${formatNpub(getPublicKey(secretKey))} in ${path}`);
    return { findings, secretKey };
  } catch (error) {
    const { message, hint = 'name another with --key', exitCode } = describeError(error);
    findings.fail('', message, { hint, exitCode });
    return { findings, secretKey: undefined };
  }
}
