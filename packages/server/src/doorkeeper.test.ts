import type { Frame, JsonRpcMessage, LinkTag } from '@mcp-nostr/core';
import { describe, expect, it } from 'vitest';

import { Doorkeeper, type Verdict, type Visitor } from './doorkeeper.ts';

const CONNECTION = '00112233445566778899aabbccddeeff';
const OURS = '0123456789abcdef';
const THEIRS = 'fedcba9876543210';
const NOW_SECONDS = 1_700_000_000;
const OPEN = { kind: 'open' };
const DROP = { kind: 'drop' };

interface Visit {
  link?: Partial<LinkTag>;
  content?: string;
  part?: Frame['part'];
  pubkey?: string;
  createdAt?: number;
  isRepeat?: boolean;
  isKnown?: boolean;
  key?: string;
}

function make(options: { isAllowed?: (pubkey: string) => boolean; makeRoom?: () => boolean } = {}) {
  const state = { now: 1_000, rivals: [] as string[], rooms: 0 };
  const doorkeeper = new Doorkeeper({
    instance: OURS,
    isAllowed: options.isAllowed ?? (() => true),
    nowSeconds: () => NOW_SECONDS + Math.floor(state.now / 1_000) - 1,
    clock: () => state.now,
    makeRoom: () => {
      state.rooms++;
      return options.makeRoom?.() ?? true;
    },
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
    } = given;
    const frame: Frame = {
      link: { connection: CONNECTION, acknowledged: 0, instance: '', ...link },
      content,
    };
    if (part !== undefined) frame.part = part;
    const visitor: Visitor = { pubkey, createdAt, frame, isRepeat };
    return doorkeeper.judge(given.key ?? 'key', visitor, given.isKnown ?? false);
  };
  const open = (given: Visit = {}): Verdict => visit({ ...given, link: { sequence: 0, ...given.link } });
  return { doorkeeper, state, visit, open };
}

function lines(...messages: Partial<JsonRpcMessage & { method: string; id: number }>[]): string {
  return messages.map((message) => JSON.stringify({ jsonrpc: '2.0', ...message })).join('\n');
}

function refused(detail: string): Verdict {
  return { kind: 'answer', answer: { control: 'refuse', detail, acknowledged: 0 } };
}

function reset(detail: string, acknowledged = 0): Verdict {
  return { kind: 'answer', answer: { control: 'reset', detail, acknowledged } };
}

const call = { id: 1, method: 'tools/call' };

describe('an opening', () => {
  it.each([
    'initialize',
    'server/discover',
    'ping',
    'tools/list',
    'resources/list',
    'resources/templates/list',
    'resources/read',
    'prompts/list',
    'prompts/get',
  ])('may carry %s', (method) => {
    expect(make().open({ content: lines({ id: 1, method }) })).toEqual(OPEN);
  });

  it('may carry nothing', () => {
    expect(make().open()).toEqual(OPEN);
  });

  it.each([
    ['what must not be executed twice', lines(call)],
    ['two messages', lines({ id: 1, method: 'ping' }, { id: 2, method: 'ping' })],
    ['a notification', lines({ method: 'notifications/initialized' })],
    ['an answer', '{"jsonrpc":"2.0","id":1,"result":{}}'],
  ])('that carries %s is refused', (_what, content) => {
    expect(make().open({ content })).toEqual(refused('opening_not_harmless'));
  });

  it('that carries a part of a message is refused, whatever it names', () => {
    const part = { message: 0, totalBytes: 10, sort: 'request' as const };
    const { open } = make();
    expect(open({ part })).toEqual(refused('opening_not_harmless'));
    expect(open({ part, link: { instance: OURS } })).toEqual(refused('opening_not_harmless'));
  });

  it('that names this very process may carry anything', () => {
    const { open } = make();
    expect(open({ link: { instance: OURS }, content: lines(call, call) })).toEqual(OPEN);
    expect(open({ link: { instance: THEIRS }, content: lines(call) })).toEqual(
      refused('opening_not_harmless'),
    );
  });

  it('with what is no JSON-RPC is taken: its connection answers that', () => {
    expect(make().open({ content: '{' })).toEqual(OPEN);
  });

  it('is taken from 120 s back to 60 s ahead, to the second', () => {
    const { open } = make();
    const verdicts = [-121, -120, 60, 61].map((seconds) => open({ createdAt: NOW_SECONDS + seconds }));
    expect(verdicts).toEqual([refused('clock'), OPEN, OPEN, refused('clock')]);
  });

  it('that was here before is not answered again', () => {
    expect(make().open({ isRepeat: true })).toEqual(DROP);
  });

  it('is a message, or nothing; a farewell opens nothing', () => {
    expect(make().open({ link: { control: 'bye' } })).toEqual(DROP);
  });

  it('of a key that is not served is refused, and nothing is asked or kept for it', () => {
    const { open, visit, state } = make({ isAllowed: () => false });
    expect(open({ createdAt: 0 })).toEqual(refused('not_allowed'));
    expect(visit({ link: { sequence: 1, instance: OURS } })).toEqual(DROP);
    expect(state.rooms).toBe(0);
  });

  it('for which there is no room is refused', () => {
    expect(make({ makeRoom: () => false }).open()).toEqual(refused('busy'));
  });

  it('of a connection that ended opens nothing, until its time stamp alone keeps it out', () => {
    const { doorkeeper, open, state } = make();
    expect(open()).toEqual(OPEN);
    doorkeeper.ended('key', NOW_SECONDS, 3);
    const told = { kind: 'answer', answer: { control: 'reset', detail: 'ended', acknowledged: 3 } };
    expect(open()).toEqual(told);
    expect(open()).toEqual(DROP);
    expect(open({ isRepeat: true })).toEqual(DROP);
    state.now += 120_000;
    expect(open()).toEqual(told);
    state.now += 1_000;
    expect(open()).toEqual(refused('clock'));
    expect(open({ key: 'other', createdAt: NOW_SECONDS + 121 })).toEqual(OPEN);
  });

  it('with several lines is refused, although one of them is no message', () => {
    expect(make().open({ content: `${lines(call)}\nx` })).toEqual(refused('opening_not_harmless'));
  });

  it('that its own bye has overtaken opens nothing', () => {
    const { visit, open } = make();
    expect(visit({ link: { sequence: 1, control: 'bye', detail: 'closed' } })).toEqual(DROP);
    expect(open()).toMatchObject({ answer: { control: 'reset', detail: 'ended' } });
    expect(open({ key: 'other' })).toEqual(OPEN);
  });

  it('of an open connection goes there', () => {
    expect(make().open({ isKnown: true })).toEqual({ kind: 'deliver' });
  });
});

describe('what a flood earns', () => {
  it('is at most 40 refusals at once and 20 a second', () => {
    const { open, state } = make({ isAllowed: () => false });
    const flood = (): number =>
      Array.from({ length: 200 }, (_, n) => open({ key: `${n}` })).filter(({ kind }) => kind === 'answer')
        .length;
    expect(flood()).toBe(40);
    state.now += 1_000;
    expect(flood()).toBe(20);
  });

  it('is at most 40 resets at once and 20 a second, and refusals take none of them', () => {
    const { open, visit, state } = make({ isAllowed: (pubkey) => pubkey !== 'stranger' });
    for (let n = 0; n < 100; n++) open({ key: `${n}`, pubkey: 'stranger' });
    let keys = 0;
    const flood = (): number =>
      Array.from({ length: 200 }, () =>
        visit({ key: `reset ${keys++}`, link: { sequence: 1, instance: OURS } }),
      ).filter(({ kind }) => kind === 'answer').length;
    expect(flood()).toBe(40);
    state.now += 1_000;
    expect(flood()).toBe(20);
  });

  it('is at most 200 connections at once and 50 a second', () => {
    const { open, state } = make();
    const flood = (): number =>
      Array.from({ length: 400 }, (_, n) => open({ key: `${n}` })).filter(({ kind }) => kind === 'open')
        .length;
    expect(flood()).toBe(200);
    state.now += 1_000;
    expect(flood()).toBe(50);
    expect(state.rooms).toBe(250);
  });
});

describe('a frame of a connection that is not known', () => {
  const frame = { sequence: 3, instance: OURS };

  it('earns a reset that says so', () => {
    expect(make().visit({ link: frame })).toEqual(reset('unknown'));
  });

  it('earns a reset with the number that it came to, where that is remembered', () => {
    const { doorkeeper, visit } = make();
    doorkeeper.ended('key', NOW_SECONDS, 3);
    expect(visit({ link: frame })).toEqual(reset('ended', 3));
    expect(visit({ link: frame, key: 'other' })).toEqual(reset('unknown'));
  });

  it('earns no number where it named another process', () => {
    const { doorkeeper, visit } = make();
    doorkeeper.ended('key', NOW_SECONDS, 3);
    expect(visit({ link: { sequence: 3, instance: THEIRS } })).toEqual(reset('unknown'));
  });

  it('earns one at most once in a second', () => {
    const { visit, state } = make();
    expect(visit({ link: frame })).toEqual(reset('unknown'));
    state.now += 999;
    expect(visit({ link: frame })).toEqual(DROP);
    state.now += 1;
    expect(visit({ link: frame })).toEqual(reset('unknown'));
  });

  it('earns one as a probe, and none as a farewell or as what asks for nothing', () => {
    for (const [control, verdict] of [
      ['probe', reset('unknown')],
      ['ack', DROP],
      ['reset', DROP],
      ['refuse', DROP],
    ] as const)
      expect(make().visit({ link: { control, instance: OURS } })).toEqual(verdict);
    expect(make().visit({ link: { control: 'bye', sequence: 3, instance: OURS } })).toEqual(DROP);
    expect(make().visit({ link: { control: 'bye', sequence: 3 } })).toEqual(DROP);
  });

  it('earns none where it is not of the present', () => {
    const { visit } = make();
    expect(visit({ link: frame, createdAt: NOW_SECONDS - 121 })).toEqual(DROP);
    expect(visit({ link: frame, createdAt: NOW_SECONDS + 61 })).toEqual(DROP);
    expect(visit({ link: frame, createdAt: NOW_SECONDS - 120 })).toEqual(reset('unknown'));
  });
});

describe('a frame for another process with our key', () => {
  const theirs = { sequence: 3, instance: THEIRS };

  it('is not executed, and earns a reset', () => {
    expect(make().visit({ link: theirs })).toEqual(reset('unknown'));
  });

  it('of a connection that was opened here too leaves that unused', () => {
    const { visit } = make();
    const answer = { control: 'reset', detail: 'unknown', acknowledged: 0 };
    expect(visit({ link: theirs, isKnown: true })).toEqual({ kind: 'leave', answer });
    expect(visit({ link: theirs, isKnown: true })).toEqual({ kind: 'leave', answer: undefined });
  });

  it('does not concern a farewell of a client that has heard nobody', () => {
    const bye = { sequence: 1, control: 'bye' as const };
    expect(make().visit({ link: bye, isKnown: true })).toEqual({ kind: 'deliver' });
    expect(make().visit({ link: { sequence: 1 }, isKnown: true }).kind).toBe('leave');
    expect(make().visit({ link: { ...bye, instance: THEIRS }, isKnown: true }).kind).toBe('leave');
  });

  it('shows a rival with the 6th reset after which its client was served, and says so once a minute', () => {
    const { visit, state } = make();
    const createdAt = NOW_SECONDS + 40;
    const work = (acknowledged: number): void => {
      visit({ link: { ...theirs, acknowledged }, createdAt });
      state.now += 1_000;
    };
    for (let n = 0; n <= 5; n++) work(n);
    expect(state.rivals).toEqual([]);
    work(6);
    expect(state.rivals).toEqual([THEIRS]);
    for (let n = 7; n <= 65; n++) work(n);
    expect(state.rivals).toHaveLength(1);
    state.now += 1_001;
    work(66);
    expect(state.rivals).toHaveLength(2);
  });

  it('shows none where the client asks again and again, and nobody answers', () => {
    const { visit, state } = make();
    for (let n = 0; n <= 40; n++) {
      visit({ link: { ...theirs, control: 'probe', acknowledged: 3 }, createdAt: NOW_SECONDS + 40 });
      state.now += 1_000;
    }
    expect(state.rivals).toEqual([]);
  });

  it.each([
    [998, [THEIRS]],
    [1_000, []],
  ])(
    'counts the resets of the 1,000 connections that were reset last: %i others later it shows %j',
    (others, rivals) => {
      const { visit, state } = make();
      const createdAt = NOW_SECONDS + 40;
      for (let n = 0; n <= 5; n++) {
        visit({ link: { ...theirs, acknowledged: n }, createdAt });
        state.now += 1_000;
      }
      for (let n = 1; n <= others; n++) {
        state.now += 50;
        expect(visit({ link: theirs, createdAt, key: `${n}` })).toEqual(reset('unknown'));
      }
      state.now += 1_000;
      visit({ link: { ...theirs, acknowledged: 6 }, createdAt });
      expect(state.rivals).toEqual(rivals);
    },
  );

  it('shows none where the client merely has not heard yet', () => {
    const { visit, state } = make();
    const createdAt = NOW_SECONDS + 5;
    for (let ms = 0; ms < 10_000; ms += 500) {
      visit({ link: theirs, createdAt });
      state.now += 500;
    }
    expect(state.rivals).toEqual([]);
  });

  it('shows none where the process is another than the one before', () => {
    const { visit, state } = make();
    visit({ link: theirs });
    state.now += 20_000;
    visit({ link: { ...theirs, instance: 'a'.repeat(16) } });
    expect(state.rivals).toEqual([]);
  });
});
