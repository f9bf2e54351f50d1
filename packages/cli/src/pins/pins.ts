import { isRecord } from '@mcp-nostr/core';

import type { Sighting } from './definition.ts';
import { limits } from './limits.ts';

/** What is held against what the server shows. */
export interface Pin {
  /** What was seen first, or accepted by a person. */
  readonly pinned?: Sighting | undefined;
  /** What the server shows instead, until it is accepted or taken back. */
  readonly offered?: Sighting | undefined;
}

/** Of one server. */
export interface ServerPins {
  readonly tools: Map<string, Pin>;
  instructions: Pin;
  /** When its list of tools was first seen to the end, in milliseconds since 1970. */
  listedAt?: number | undefined;
}

/**
 * `pinned`: it was never seen, and is held from now on. `unseen`: it was never seen, and nobody has accepted it.
 * `changed`: it is another one now. `still`: it is another one, as is known. `back`: it is as it was again.
 */
export type Verdict = 'same' | 'pinned' | 'unseen' | 'changed' | 'still' | 'back';

/** `mayPin`: what was never seen is held from now on. */
export function compare(
  { pinned, offered }: Pin,
  seen: Sighting,
  mayPin: boolean,
): { pin: Pin; verdict: Verdict } {
  if (pinned?.sha256 === seen.sha256)
    return { pin: { pinned }, verdict: offered === undefined ? 'same' : 'back' };
  if (pinned === undefined && mayPin) return { pin: { pinned: seen }, verdict: 'pinned' };
  if (offered?.sha256 === seen.sha256) return { pin: { pinned, offered }, verdict: 'still' };
  return { pin: { pinned, offered: seen }, verdict: pinned === undefined ? 'unseen' : 'changed' };
}

/** What is shown instead of what is pinned becomes what is pinned. */
export function accept({ pinned, offered }: Pin): Pin {
  return { pinned: offered ?? pinned };
}

export function noPins(): ServerPins {
  return { tools: new Map(), instructions: {} };
}

/** @throws {SyntaxError} for what is no file of pins */
export function parsePins(text: string | undefined): ServerPins {
  if (text === undefined) return noPins();
  const value: unknown = JSON.parse(text);
  const { format, tools, instructions, listedAt } = isRecord(value) ? value : {};
  if (format !== FORMAT || !isRecord(tools)) throw new SyntaxError('it is no file of pins');
  const pins = Object.entries(tools).map(([name, pin]) => [name, parsePin(pin)] as const);
  return {
    tools: new Map(pins),
    instructions: parsePin(instructions),
    ...(typeof listedAt === 'number' && Number.isFinite(listedAt) ? { listedAt } : {}),
  };
}

/** Where definitions are too much together the last are left out: their hashes stay. */
export function formatPins({ tools, instructions, listedAt }: ServerPins): string {
  let left: number = limits.maxKeptChars;
  const bounded = (sighting: Sighting | undefined): Sighting | undefined => {
    if (sighting?.definition === undefined) return sighting;
    left -= JSON.stringify(sighting.definition).length;
    return left < 0 ? { ...sighting, definition: undefined } : sighting;
  };
  const kept = ({ pinned, offered }: Pin): Pin => ({ pinned: bounded(pinned), offered: bounded(offered) });
  const shown = [...tools].map(([name, pin]) => [name, kept(pin)] as const);
  return JSON.stringify({
    format: FORMAT,
    listedAt,
    instructions: kept(instructions),
    tools: Object.fromEntries(shown),
  });
}

/** Of the file: another one is not read. */
const FORMAT = 1;

function parsePin(value: unknown): Pin {
  if (!isRecord(value)) return {};
  const [pinned, offered] = [parseSighting(value['pinned']), parseSighting(value['offered'])];
  return { ...(pinned === undefined ? {} : { pinned }), ...(offered === undefined ? {} : { offered }) };
}

function parseSighting(value: unknown): Sighting | undefined {
  if (value === undefined) return undefined;
  const { sha256, seenAt, definition } = isRecord(value) ? value : {};
  // What was held would count as never seen, and be held anew.
  if (typeof sha256 !== 'string' || typeof seenAt !== 'number' || !Number.isFinite(seenAt))
    throw new SyntaxError('it has a pin that cannot be read');
  return { sha256, seenAt, ...(isRecord(definition) ? { definition } : {}) };
}
