import { describe, expect, it } from 'vitest';

import {
  DROP,
  lines,
  make,
  NOW_SECONDS,
  OPEN,
  OURS,
  refused,
  reset,
  THEIRS,
} from './doorkeeper.test.support.ts';
import type { Verdict } from './doorkeeper.ts';
import { type Denial, type Policy, policyOf } from './policy.ts';

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
    const { open, visit, state } = make({ policy: policyOf([]) });
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

describe('a key that may not connect', () => {
  it('is told why, in one word, and when to come again', () => {
    const verdictOf = (denial: Denial): Verdict => make({ policy: { permit: () => denial } }).open();
    expect(verdictOf({ code: 'invite_required', message: 'a secret reason' })).toEqual(
      refused('invite_required'),
    );
    expect(verdictOf({ code: 'rate_limited', retryAfterMs: 1_500.2 })).toEqual(refused('rate_limited 1501'));
    // Elsewhere a time means nothing, and its client would not know the word.
    expect(verdictOf({ code: 'not_allowed', retryAfterMs: 1_500 })).toEqual(refused('not_allowed'));
    const { open, state } = make({ policy: { permit: () => ({ code: 'rate_limited', retryAfterMs: 1 }) } });
    open();
    expect(state.refused).toEqual(['rate_limited']);
  });

  it('hears nothing where the operator has chosen silence', () => {
    const policy: Policy = {
      permit: ({ pubkey }) => (pubkey === 'known' ? { isKnown: true } : { code: 'not_allowed' }),
      redeem: () => ({ code: 'invite_expired' }),
    };
    const { open, visit, state } = make({ policy, refusals: 'silent' });
    expect([open(), open({ invite: 'old' }), visit({ link: { sequence: 1, instance: OURS } })]).toEqual([
      DROP,
      DROP,
      DROP,
    ]);
    // Nor for the sake of an invite that is made up.
    expect(open({ invite: 'old', createdAt: 0 })).toEqual(DROP);
    expect(open({ invite: 'old', content: lines(call) })).toEqual(DROP);
    expect(open({ pubkey: 'known', createdAt: 0 })).toEqual(refused('clock'));
    // The operator hears of them.
    expect(state.refused).toEqual([
      'not_allowed',
      'invite_expired',
      'clock',
      'opening_not_harmless',
      'clock',
    ]);
  });

  it('since it went on beyond its bounds, hears for how long', () => {
    const { open, state } = make();
    state.blockedMs = 12_345;
    expect(open()).toEqual(refused('rate_limited 12345'));
    expect(state.rooms).toBe(0);
    state.blockedMs = 0;
    expect(open()).toEqual(OPEN);
  });
});

describe('an invite', () => {
  const taken: string[] = [];
  const policy: Policy = {
    permit: ({ pubkey }) => (pubkey === 'known' ? { isKnown: true } : { code: 'invite_required' }),
    redeem: (_, invite) => {
      taken.push(invite);
      return invite === 'good' ? { isKnown: true } : { code: 'invite_expired' };
    },
  };

  it('lets in whom the policy does not know, and an old one keeps nobody out', () => {
    const { open } = make({ policy });
    expect(open({ invite: 'good' })).toEqual({ kind: 'open', permission: { isKnown: true } });
    expect(open({ invite: 'old', key: 'b' })).toEqual(refused('invite_expired'));
    expect(open({ invite: 'old', key: 'c', pubkey: 'known' })).toMatchObject({ kind: 'open' });
  });

  it('that others can have read is none', () => {
    taken.length = 0;
    const { open } = make({ policy });
    expect(open({ invite: 'good', isEncrypted: false })).toEqual(refused('invite_required'));
    expect(taken).toEqual([]);
  });

  it('of an opening that is refused for another reason is not used up', () => {
    taken.length = 0;
    const { open } = make({ policy });
    expect(open({ invite: 'good', content: lines(call) })).toEqual(refused('opening_not_harmless'));
    expect(open({ invite: 'good', createdAt: 0 })).toEqual(refused('clock'));
    expect(taken).toEqual([]);
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
