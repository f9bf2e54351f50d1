import { EPHEMERAL_GIFT_WRAP_KIND, formatNpub, MESSAGE_KIND, type Signer } from '@mcp-nostr/core';

import { exitCodes } from '../errors.ts';
import { formatDuration, oneLine } from '../terminal.ts';
import { type Check, Findings } from './check.ts';
import { reach, ReachError } from './reach.ts';
import { askDocument, type RelayDocument } from './relay-document.ts';
import { RelayPair } from './relay-pair.ts';
import { RelayRefusal, RelayTalk } from './relay-talk.ts';

export interface RelayCheckOptions {
  signer: Signer;
  /** For each step. */
  timeoutMs: number;
  signal: AbortSignal;
  /** Also how large and how old events may be: a handful more. */
  isThorough: boolean;
}

export interface RelayReport {
  url: string;
  checks: Check[];
  /** How far its clock is ahead of ours. */
  skewMs: number | undefined;
}

/** What our own frames come to where a relay says nothing of its limit. */
const USUAL_MESSAGE_BYTES = 65_536;
/** Sizes that are tried, and no more: nobody's relay is to be filled. */
const THOROUGH_MESSAGE_BYTES = [16_384, USUAL_MESSAGE_BYTES, 131_072];
/** A relay that refuses more than these carries no client whose clock is that slow. */
const TRIED_AGES_SECONDS = [890, 290, 110, 50];

const otherRelay = 'use another relay: --relay <url>';

/** Looks at everything that MCP needs of a relay. Never rejects. */
export async function checkRelay(url: string, options: RelayCheckOptions): Promise<RelayReport> {
  const findings = new Findings('relay', url);
  const talks: RelayTalk[] = [];
  const answer: { skewMs: number | undefined } = { skewMs: undefined };
  try {
    await look(url, options, { findings, talks, answer });
  } catch (error) {
    const [name, hint] = error instanceof ReachError ? ['reach', error.hint] : ['traffic', otherRelay];
    const message = error instanceof Error ? error.message : String(error);
    findings.fail(name, oneLine(message, 200), { hint, exitCode: exitCodes.unreachable });
  } finally {
    for (const talk of talks) talk.close();
  }
  return { url, checks: findings.checks, skewMs: answer.skewMs };
}

interface Looking {
  findings: Findings;
  talks: RelayTalk[];
  answer: { skewMs: number | undefined };
}

async function look(url: string, options: RelayCheckOptions, found: Looking): Promise<void> {
  const { signer, timeoutMs, signal } = options;
  const { findings, talks, answer } = found;
  const first = await reach(url, options);
  const writer = new RelayTalk(first.socket);
  talks.push(writer);
  findings.ok('reach', `reached in ${formatDuration(first.durationMs)} (${first.steps.join(', ')})`);
  const [{ document, skewMs }, second] = await Promise.all([
    askDocument(url, AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)])),
    reach(url, options),
  ]);
  const reader = new RelayTalk(second.socket);
  talks.push(reader);
  answer.skewMs = skewMs;
  reportDocument(findings, document);

  const pubkey = await signer.getPublicKey();
  const pair = new RelayPair({ url, reader, writer, signer, pubkey, timeoutMs, signal });
  const listened = await pair.listen().catch((error: unknown) => {
    if (!(error instanceof RelayRefusal)) throw error;
    return error;
  });
  if (listened instanceof RelayRefusal) {
    reportRefusal(findings, 'traffic', `refuses to let us listen: ${listened.message}`, pubkey, pair);
    return;
  }
  const isForwarding = await checkForwarding(findings, pair, pubkey);
  if (findings.isSound) reportAuth(findings, pair, [writer, reader], pubkey);
  if (!isForwarding) return;
  await checkSize(findings, pair, document, options.isThorough);
  if (options.isThorough && writer.isOpen) await checkAge(findings, pair);
}

function reportDocument(findings: Findings, document: RelayDocument | undefined): void {
  if (document === undefined) return findings.ok('document', 'says nothing of itself (NIP-11)');
  findings.ok('document', oneLine(document.software ?? 'unnamed software', 60));
  if (document.isPaymentRequired)
    findings.warn(
      'payment',
      'says that it wants to be paid',
      'its operator tells how; or use another relay: --relay <url>',
    );
}

/** Whether wraps cross, which is what encrypted traffic needs. */
async function checkForwarding(findings: Findings, pair: RelayPair, pubkey: string): Promise<boolean> {
  const [wrap, message] = await Promise.all([
    pair.event({ isWrapped: true }).then((event) => pair.pass(event)),
    pair.event().then((event) => pair.pass(event)),
  ]);
  if (!wrap.isDelivered) {
    const detail = `does not forward kind ${EPHEMERAL_GIFT_WRAP_KIND}: ${oneLine(wrap.reason, 120)}`;
    reportRefusal(findings, 'forwarding', detail, pubkey, pair);
    return false;
  }
  const took = `kind ${EPHEMERAL_GIFT_WRAP_KIND} in ${formatDuration(wrap.durationMs)}`;
  if (message.isDelivered) {
    findings.ok('forwarding', `forwards ${took}, ${MESSAGE_KIND} in ${formatDuration(message.durationMs)}`);
  } else {
    findings.warn(
      'forwarding',
      `forwards ${took}, but not kind ${MESSAGE_KIND}: ${oneLine(message.reason, 120)}`,
      'without encryption nothing will cross here; with it, which is the default, all is well',
    );
  }
  return true;
}

function reportRefusal(
  findings: Findings,
  name: string,
  detail: string,
  pubkey: string,
  pair: RelayPair,
): void {
  if (!pair.isAuthDemanded) {
    findings.fail(name, detail, { hint: otherRelay, exitCode: exitCodes.unreachable });
    return;
  }
  const hint = `its operator can admit ${formatNpub(pubkey)}; or ${otherRelay}`;
  findings.fail('auth', `asks for AUTH, and ${detail}`, { hint, exitCode: exitCodes.notAllowed });
}

function reportAuth(findings: Findings, pair: RelayPair, talks: RelayTalk[], pubkey: string): void {
  if (pair.isAuthDemanded) findings.ok('auth', `asks for AUTH and takes ${formatNpub(pubkey).slice(0, 12)}…`);
  else if (talks.some(({ challenge }) => challenge !== undefined))
    findings.ok('auth', 'offers AUTH and asks for none');
  else findings.ok('auth', 'no AUTH');
}

async function checkSize(
  findings: Findings,
  pair: RelayPair,
  document: RelayDocument | undefined,
  isThorough: boolean,
): Promise<void> {
  const declared = document?.maxMessageBytes;
  const sizes = isThorough ? THOROUGH_MESSAGE_BYTES : [USUAL_MESSAGE_BYTES];
  const tried = sizes.filter((bytes) => declared === undefined || bytes <= declared);
  if (tried.length === 0) tried.push(Math.min(declared ?? USUAL_MESSAGE_BYTES, USUAL_MESSAGE_BYTES));
  const says = declared === undefined ? '' : ` (it says ${declared})`;
  let crossed = 0;
  for (const messageBytes of tried) {
    const passage = await pair.pass(await pair.event({ messageBytes }));
    if (!passage.isDelivered) {
      const reason = oneLine(passage.reason, 120);
      // Below this our own frames are lost where the relay does not say so beforehand.
      if (messageBytes <= USUAL_MESSAGE_BYTES) {
        findings.warn(
          'size',
          `${messageBytes} bytes do not cross${says}: ${reason}`,
          `large messages are lost here; ${otherRelay}`,
        );
        return;
      }
      break;
    }
    crossed = messageBytes;
  }
  findings.ok('size', `${crossed} bytes cross${says}`);
}

async function checkAge(findings: Findings, pair: RelayPair): Promise<void> {
  for (const ageSeconds of TRIED_AGES_SECONDS) {
    const passage = await pair.pass(await pair.event({ isWrapped: true, ageSeconds }));
    if (!passage.isDelivered) continue;
    if (ageSeconds === TRIED_AGES_SECONDS[0]) findings.ok('age', 'takes events 15 min old');
    else reportAge(findings, ageSeconds);
    return;
  }
  reportAge(findings, 0);
}

function reportAge(findings: Findings, ageSeconds: number): void {
  findings.warn(
    'age',
    ageSeconds === 0
      ? 'refuses events of the last minute'
      : `refuses events older than about ${ageSeconds} s`,
    'a computer whose clock is that slow does not get through here; keep clocks synchronised',
  );
}
