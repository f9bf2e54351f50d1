import { defaultLookupRelays } from '@mcp-nostr/client';
import { generateSecretKey, secretKeySigner, type Signer } from '@mcp-nostr/core';

import { type OpenedKey, openSigner } from '../keys/open-signer.ts';
import { relaysFromEnvironment } from '../relay-options.ts';
import { findWay } from './address-checks.ts';
import type { Check } from './check.ts';
import { checkClock } from './clock-check.ts';
import { checkHost, checkHosts } from './host-checks.ts';
import { checkKey } from './key-checks.ts';
import { checkMachine } from './machine-checks.ts';
import { checkName } from './name-check.ts';
import { checkPins } from './pin-checks.ts';
import { checkRelay, type RelayCheckOptions, type RelayReport } from './relay-checks.ts';
import { checkServer } from './server-checks.ts';
import type { AddressTarget, Target } from './target.ts';

export interface ExamineOptions {
  target: Target;
  /** `--relay` */
  relays: string[] | undefined;
  /** `--key` */
  key: string | undefined;
  encryption: 'required' | 'none';
  /** For each check. */
  timeoutMs: number;
  /** Ends whatever is under way. */
  signal: AbortSignal;
  /** What is known goes out at once, in its order. */
  print: (checks: readonly Check[]) => void;
}

/** Looks at all that the target stands on, what is at hand first. */
export async function examine(options: ExamineOptions): Promise<Check[]> {
  const { target, key: given, timeoutMs, signal } = options;
  const all: Check[] = [];
  const report = (checks: readonly Check[]): void => {
    all.push(...checks);
    options.print(checks);
  };
  report(checkMachine());
  if (target.kind === 'host') {
    report(await checkHost(target.host, { timeoutMs, signal }));
    return all;
  }
  const { findings, key } = await checkKey({ given, role: 'client' }, 'key');
  report(findings.checks);
  if (target.kind === 'address') {
    // Whom it may serve is known by the key that `connect` will have: a missing one is made, as there.
    const asked = findings.isSound ? (key ?? (await openSigner({ given, role: 'client' }))) : undefined;
    report(await examineAddress(target, asked, options));
    await asked?.close();
    return all;
  }
  if (target.kind === 'machine') {
    const server = await checkKey({ role: 'server' }, "serve's key");
    report(server.findings.checks);
    await server.key?.close();
    report(checkHosts());
  }
  const signer = localSigner(key);
  const urls =
    target.kind === 'relay'
      ? [target.url]
      : (options.relays ?? relaysFromEnvironment() ?? defaultLookupRelays);
  report(await checkRelays(urls, { signer, timeoutMs, signal, isThorough: target.kind === 'relay' }));
  await key?.close();
  return all;
}

/** Where an address leads, each relay there, and the server. */
async function examineAddress(
  { server }: AddressTarget,
  key: OpenedKey | undefined,
  { relays: given, encryption, timeoutMs, signal }: ExamineOptions,
): Promise<Check[]> {
  const limits = { timeoutMs, signal };
  const way = findWay(server, { relays: given, lookupRelays: relaysFromEnvironment() });
  const relays = await way.relays;
  const checks = await Promise.all([
    checkName(server),
    checkPins(server),
    way.checks,
    checkRelays(relays, { ...limits, signer: localSigner(key), isThorough: false }),
    key === undefined || relays.length === 0
      ? []
      : checkServer({ address: server.address, pubkey: server.pubkey, relays, key, encryption, ...limits }),
  ]);
  return checks.flat();
}

/** Relays are tried with a handful of events, and nobody is asked to approve each of them. */
function localSigner(key: OpenedKey | undefined): Signer {
  return key?.isLocal === true ? key.signer : secretKeySigner(generateSecretKey());
}

/** All at once; where one of them works, the failure of another is no more than a warning. */
async function checkRelays(urls: readonly string[], options: RelayCheckOptions): Promise<Check[]> {
  const reports = await Promise.all(urls.map((url) => checkRelay(url, options)));
  const isAnySound = reports.some(isSound);
  const checks = reports.flatMap((report) =>
    isAnySound && !isSound(report) ? report.checks.map(soften) : report.checks,
  );
  const samples = reports.flatMap(({ url, skewMs }) => (skewMs === undefined ? [] : [{ url, skewMs }]));
  return [...checks, ...checkClock(samples)];
}

function isSound({ checks }: RelayReport): boolean {
  return checks.every(({ status }) => status !== 'fail');
}

function soften(check: Check): Check {
  return check.status === 'fail' ? { ...check, status: 'warn' } : check;
}
