import { limits } from '@mcp-nostr/core';

import { exitCodes } from '../errors.ts';
import { formatDuration } from '../terminal.ts';
import { type Check, Findings } from './check.ts';

/** The clock of another machine, as far as one answer shows it. */
export interface ClockSample {
  url: string;
  /** How far it is ahead of ours. */
  skewMs: number;
}

/** WIRE.md, sections 1 and 5: beyond this subscriptions miss what is sent, and relays refuse it. */
const SURVIVED_MS = limits.subscriptionLookbackSeconds * 1_000;
/** WIRE.md, section 5: beyond this each connection begins with a refusal and a second attempt. */
const UNNOTICED_MS = limits.maxFutureSeconds * 1_000;

const setClock =
  process.platform === 'linux'
    ? 'set it, as with: timedatectl set-ntp true'
    : 'let the system set it from the network';

/** Our clock by those of relays: the one in the middle, since a few of them may be wrong themselves. */
export function checkClock(samples: readonly ClockSample[]): Check[] {
  const sorted = samples.toSorted((a, b) => a.skewMs - b.skewMs);
  const middle = sorted[Math.floor(sorted.length / 2)];
  if (middle === undefined) return [];
  const findings = new Findings('clock');
  const offMs = Math.abs(middle.skewMs);
  const [only] = samples;
  const who = samples.length === 1 && only !== undefined ? only.url : `${samples.length} relays`;
  // Whole seconds are all that the header has.
  const off = offMs < 1_000 ? 'less than 1 s' : formatDuration(offMs);
  const side = middle.skewMs > 0 ? 'behind' : 'ahead of';
  if (offMs > SURVIVED_MS) {
    findings.fail('', `${off} ${side} ${who}: nothing that is sent gets through`, {
      hint: samples.length === 1 ? `one of the two is wrong; if it is this one: ${setClock}` : setClock,
      exitCode: exitCodes.usage,
    });
  } else if (offMs > UNNOTICED_MS) {
    findings.warn('', `${off} ${side} ${who}: it works, with a detour at each connection`, setClock);
  } else findings.ok('', `${off} off, by ${who}`);
  for (const { url, skewMs } of samples) {
    const apartMs = Math.abs(skewMs - middle.skewMs);
    if (apartMs <= SURVIVED_MS) continue;
    const relay = new Findings('relay', url);
    relay.warn(
      'clock',
      `its clock is ${formatDuration(apartMs)} from that of the other relays`,
      'tell its operator',
    );
    findings.checks.push(...relay.checks);
  }
  return findings.checks;
}
