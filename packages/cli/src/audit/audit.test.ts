import { mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { formatNpub, generateSecretKey, getPublicKey } from '@mcp-nostr/core';
import type { RequestReport } from '@mcp-nostr/server';
import { afterAll, describe, expect, it } from 'vitest';

import { hideSecret } from '../log/redact.ts';
import { AuditFile } from './audit-file.ts';
import { AuditLog } from './audit-log.ts';

const home = mkdtempSync(join(tmpdir(), 'mcp-nostr-'));
afterAll(() => rmSync(home, { recursive: true }));
const pubkey = getPublicKey(generateSecretKey());
const npub = formatNpub(pubkey);
const caller = { pubkey, npub, connectionId: 'c'.repeat(32) };
const report: RequestReport = {
  caller,
  method: 'tools/call',
  name: 'echo',
  event: 'e'.repeat(64),
  bytes: 120,
  durationMs: 12.345,
  outcome: 'ok',
  params: { name: 'echo', arguments: { message: 'hello' }, _meta: { progressToken: 1 } },
};

function lines(path: string): Record<string, unknown>[] {
  const all = readFileSync(path, 'utf8').split('\n');
  return all.filter((line) => line !== '').map((line) => JSON.parse(line) as Record<string, unknown>);
}

/** What is written of requests. */
function written(
  reports: readonly Partial<RequestReport>[],
  hasArguments = false,
): Record<string, unknown>[] {
  const records: string[] = [];
  const log = new AuditLog({
    file: { write: (record) => records.push(JSON.stringify(record)) },
    hasArguments,
    nameOf: () => undefined,
    now: () => 0,
  });
  for (const each of reports) log.request({ ...report, ...each });
  return records.map((text) => JSON.parse(text) as Record<string, unknown>);
}

describe('the audit log', () => {
  it('has a line for each request and each pairing, which only its owner can read', () => {
    const path = join(home, 'new', 'audit.jsonl');
    const file = new AuditFile({ path, onproblem: () => {} });
    const log = new AuditLog({
      file,
      server: 'files',
      hasArguments: false,
      nameOf: () => 'Alice',
      now: () => 0,
    });
    log.request(report);
    log.paired({ pubkey, addedAt: 1, via: 'abc123' });
    file.close();
    const who = { time: '1970-01-01T00:00:00.000Z', server: 'files', caller: npub, callerName: 'Alice' };
    expect(lines(path)).toEqual([
      {
        ...who,
        event: 'request',
        connection: caller.connectionId,
        method: 'tools/call',
        name: 'echo',
        outcome: 'ok',
        durationMs: 12.3,
        id: report.event,
        bytes: 120,
      },
      { ...who, event: 'paired', invite: 'abc123' },
    ]);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('says whose session it was, why something was refused, and who was not let in; of that not all', () => {
    const records: Record<string, unknown>[] = [];
    const log = new AuditLog({
      file: { write: (record) => records.push(record) },
      hasArguments: false,
      nameOf: () => undefined,
    });
    const session = { pubkey: getPublicKey(generateSecretKey()), grantedAt: 1, expiresAt: 2 };
    log.request({ ...report, caller: { ...caller, session }, outcome: 'refused', code: 'rate_limited' });
    expect(records[0]).toMatchObject({
      caller: npub,
      session: formatNpub(session.pubkey),
      outcome: 'refused',
      code: 'rate_limited',
    });
    for (let index = 0; index < 100; index++) {
      log.refused({ applicant: { pubkey }, code: 'not_allowed' });
      log.refused({ applicant: { pubkey: getPublicKey(generateSecretKey()) }, code: 'invite_expired' });
    }
    expect(records[1]).toMatchObject({ event: 'refused', caller: npub, code: 'not_allowed' });
    expect(records).toHaveLength(21);
    records.length = 0;
    new AuditLog({
      file: { write: (record) => records.push(record) },
      hasArguments: false,
      nameOf: () => '',
    }).refused({
      applicant: { pubkey },
      code: 'revoked',
    });
    expect(records).toMatchObject([{ event: 'revoked', caller: npub }]);
  });

  it('has arguments only where it is to have them, without secrets, and not much of each', () => {
    const secret = 'a-secret-that-is-known';
    hideSecret(secret);
    const ofArguments = (given: unknown, bytes = 120): unknown =>
      written([{ params: { name: 'x', arguments: given }, bytes }], true)[0]?.['arguments'];
    expect(written([{}])[0]).not.toHaveProperty('arguments');
    expect(ofArguments({ message: 'hello' })).toEqual({ message: 'hello' });
    expect(ofArguments({ password: 'x', text: `it is ${secret}` })).toEqual({
      password: '[redacted]',
      text: 'it is [redacted]',
    });
    const long = ofArguments({ text: 'x'.repeat(4_080) + secret });
    expect(long).toHaveLength(4_097);
    expect(long).not.toContain('a-secret');
    expect(ofArguments({ text: 'x' }, 65_537)).toBe('[65537 bytes]');
    let deep: unknown = 1;
    for (let index = 0; index < 30_000; index++) deep = [deep];
    expect(ofArguments(deep)).toBe('[nested too deeply]');
    expect(written([{ params: undefined }], true)[0]).not.toHaveProperty('arguments');
  });

  it('has no more of what a caller makes up than a line can hold', () => {
    const [record] = written([{ method: 'm'.repeat(1_000_000), name: `n\n${'n'.repeat(1_000_000)}` }]);
    expect(String(record?.['method'])).toHaveLength(100);
    expect(String(record?.['name'])).toHaveLength(300);
    expect(String(record?.['name'])).not.toContain('\n');
  });

  it('has no secret in a name, as of a resource', () => {
    const path = join(home, 'names.jsonl');
    const file = new AuditFile({ path, onproblem: () => {} });
    const log = new AuditLog({ file, hasArguments: false, nameOf: () => undefined });
    log.request({ ...report, method: 'resources/read', name: 'https://user:password@host/?token=abcdefgh' });
    file.close();
    expect(lines(path)[0]?.['name']).toBe('https://[redacted]@host/?token=[redacted]');
  });
});

describe('the file of the audit log', () => {
  it('has to be there at the start', () => {
    expect(() => new AuditFile({ path: home, onproblem: () => {} })).toThrow(/cannot be written: EISDIR/);
  });

  it('is replaced when it is full, and ten predecessors stay', () => {
    const path = join(home, 'full.jsonl');
    const file = new AuditFile({ path, onproblem: () => {}, maxBytes: 10 });
    for (let index = 0; index < 13; index++) file.write({ index });
    file.close();
    expect(lines(path)).toEqual([{ index: 12 }]);
    expect(lines(`${path}.10`)).toEqual([{ index: 2 }]);
    expect(() => lines(`${path}.11`)).toThrow('ENOENT');
  });

  it('that a full disk does not take keeps nobody from calling: the gap is said, and is in the file later', () => {
    const path = join(home, 'gap.jsonl');
    const problems: string[] = [];
    let now = 0;
    symlinkSync('/dev/full', path);
    const file = new AuditFile({ path, onproblem: (message) => problems.push(message), clock: () => now });
    file.write({ lost: 1 });
    file.write({ lost: 2 });
    expect(problems).toEqual([expect.stringMatching(/^the audit log has a gap from now on; .* ENOSPC$/)]);
    now = 5_000;
    file.write({ lost: 3 });
    unlinkSync(path);
    // The disk has taken a part of a line.
    writeFileSync(path, '{"los');
    file.write({ lost: 4 });
    now = 10_000;
    file.write({ kept: 5 });
    file.close();
    file.write({ late: 6 });
    expect(readFileSync(path, 'utf8')).toMatch(
      /^\{"los\n\{"time":"[^"]+","event":"gap","lost":4\}\n\{"kept":5\}\n$/,
    );
    expect(problems.at(-1)).toBe('the audit log is written again; 4 lines are missing');
  });
});
