import type { Frame, JsonRpcMessage, LinkTag } from '@mcp-nostr/core';

import { Doorkeeper, type DoorkeeperOptions, type Verdict, type Visitor } from './doorkeeper.ts';
import { Entrance, type EntranceOptions } from './entrance.ts';
import { policyOf } from './policy.ts';

const CONNECTION = '00112233445566778899aabbccddeeff';
export const OURS = '0123456789abcdef';
export const THEIRS = 'fedcba9876543210';
export const NOW_SECONDS = 1_700_000_000;
export const OPEN = { kind: 'open', permission: { isKnown: false } };
export const DROP = { kind: 'drop' };

interface Visit {
  link?: Partial<LinkTag>;
  content?: string;
  part?: Frame['part'];
  pubkey?: string;
  invite?: string;
  isEncrypted?: boolean;
  createdAt?: number;
  isRepeat?: boolean;
  refusal?: string;
  isKnown?: boolean;
  isOfKnown?: boolean;
  key?: string;
}

export interface Door {
  doorkeeper: Doorkeeper;
  state: { now: number; rivals: string[]; refused: string[]; rooms: number; blockedMs: number };
  visit: (given: Visit) => Verdict;
  open: (given?: Visit) => Verdict;
}

export function make(
  options: Partial<
    Pick<DoorkeeperOptions, 'policy'> & Pick<EntranceOptions, 'refusals' | 'strangersShare'>
  > & {
    makeRoom?: () => boolean;
  } = {},
): Door {
  const state = { now: 1_000, rivals: [] as string[], refused: [] as string[], rooms: 0, blockedMs: 0 };
  const strangersShare = options.strangersShare ?? 1;
  const clock = (): number => state.now;
  const entrance = new Entrance({
    refusals: options.refusals ?? 'answer',
    strangersShare,
    clock,
    makeRoom: () => {
      state.rooms++;
      return options.makeRoom?.() ?? true;
    },
    blockedMs: () => state.blockedMs,
    onrefused: (_applicant, code) => state.refused.push(code),
  });
  const doorkeeper = new Doorkeeper({
    instance: OURS,
    policy: options.policy ?? policyOf('public'),
    entrance,
    strangersShare,
    nowSeconds: () => NOW_SECONDS + Math.floor(state.now / 1_000) - 1,
    clock,
    onrival: (instance) => state.rivals.push(instance),
  });
  const visit = (given: Visit): Verdict => {
    const {
      link,
      content = '',
      part,
      pubkey = 'c'.repeat(64),
      createdAt = NOW_SECONDS,
      isRepeat = false,
      isEncrypted = true,
    } = given;
    const frame: Frame = {
      link: { connection: CONNECTION, acknowledged: 0, instance: '', ...link },
      content,
    };
    if (part !== undefined) frame.part = part;
    if (given.invite !== undefined) frame.invite = given.invite;
    const { refusal, isOfKnown: isKnown } = given;
    const visitor: Visitor = {
      applicant: { pubkey },
      refusal,
      isKnown,
      createdAt,
      frame,
      isRepeat,
      isEncrypted,
    };
    return doorkeeper.judge(given.key ?? 'key', visitor, given.isKnown ?? false);
  };
  const open = (given: Visit = {}): Verdict => visit({ ...given, link: { sequence: 0, ...given.link } });
  return { doorkeeper, state, visit, open };
}

export function lines(...messages: Partial<JsonRpcMessage & { method: string; id: number }>[]): string {
  return messages.map((message) => JSON.stringify({ jsonrpc: '2.0', ...message })).join('\n');
}

export function refused(detail: string): Verdict {
  return { kind: 'answer', answer: { control: 'refuse', detail, acknowledged: 0 } };
}

export function reset(detail: string, acknowledged = 0): Verdict {
  return { kind: 'answer', answer: { control: 'reset', detail, acknowledged } };
}
