import { formatNpub } from '@mcp-nostr/core';

import { type Paint, shortNpub } from '../terminal.ts';
import type { Pin } from './pins.ts';
import { type KnownServer, type PinState, stateOf } from './read-pins.ts';
import { changeLines } from './show-change.ts';
import { shownName } from './shown-name.ts';

/** A line for each server. */
export function formatServers(servers: readonly KnownServer[], paint: Paint): string {
  if (servers.length === 0) return 'nothing is pinned yet: the first connection to a server does that\n';
  return servers
    .map((server) => {
      const { npub, tools, changed, pinnedAt } = serverJson(server);
      const count = `${tools} ${tools === 1 ? 'tool' : 'tools'}`;
      const news = changed === 0 ? paint('green', 'as pinned') : paint('yellow', `${changed} not as pinned`);
      return `${npub}  ${count}  since ${dateOf(pinnedAt)}  ${news}\n`;
    })
    .join('');
}

/** What differs, each with its diff, and how much does not. */
export function formatShown(server: KnownServer, address: string, paint: Paint): string {
  const { tools, instructions, pubkey } = server;
  const entries = [...tools].map(([name, pin]) => ({ what: `the tool ${shownName(name)}`, pin }));
  const all = [{ what: 'the instructions', pin: instructions }, ...entries];
  const changed = all.filter(({ pin }) => stateOf(pin) !== 'unchanged');
  const same = entries.filter(({ pin }) => stateOf(pin) === 'unchanged').length;
  const head = `${shortNpub(formatNpub(pubkey))}  ${same} ${same === 1 ? 'tool' : 'tools'} as pinned\n`;
  if (changed.length === 0) return head;
  const shown = changed.map(({ what, pin }) => `${formatChange(what, pin, paint)}\n`);
  return `${head}${shown.join('')}to pin what is shown: mcp-nostr pins accept ${address}\n`;
}

export interface ServerSummary {
  npub: string;
  tools: number;
  /** Tools and instructions that are not as they were pinned, or are new. */
  changed: number;
  /** The first time, in milliseconds since 1970. */
  pinnedAt: number | undefined;
}

export function serverJson({ pubkey, tools, instructions }: KnownServer): ServerSummary {
  const pins = [...tools.values(), instructions];
  const times = pins.flatMap(({ pinned }) => (pinned === undefined ? [] : [pinned.seenAt]));
  return {
    npub: formatNpub(pubkey),
    tools: tools.size,
    changed: pins.filter((pin) => stateOf(pin) !== 'unchanged').length,
    pinnedAt: times.length === 0 ? undefined : Math.min(...times),
  };
}

interface ShownPin extends Pin {
  state: PinState;
}

export function formatShownJson(server: KnownServer): object {
  const { tools, instructions } = server;
  return {
    ...serverJson(server),
    tools: [...tools].map(([name, pin]) => ({ name, ...withState(pin) })),
    instructions: withState(instructions),
  };
}

function withState(pin: Pin): ShownPin {
  return { state: stateOf(pin), ...pin };
}

function formatChange(what: string, pin: Pin, paint: Paint): string {
  const title =
    pin.pinned === undefined
      ? `${what} is new since ${dateOf(pin.offered?.seenAt)}`
      : `${what} has changed: pinned ${dateOf(pin.pinned.seenAt)}, seen otherwise ${dateOf(pin.offered?.seenAt)}`;
  const lines = changeLines(pin, paint).map((line) => `  ${line}\n`);
  return `${paint('bold', title)}\n${lines.join('')}`;
}

function dateOf(time: number | undefined): string {
  return time === undefined ? 'never' : new Date(time).toISOString().slice(0, 10);
}
