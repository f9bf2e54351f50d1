import { describe, expect, it } from 'vitest';

import type { CallRecord, Evidence, Outcome } from './evidence.ts';
import { judge } from './verdict.ts';

const SAFE = 'all calls succeed';
const UNSAFE = 'calls may fail';
const DARK = 'no relay was up for long';
const answered: Outcome = { type: 'answered', tookMs: 5 };

function failed(code: string): Outcome {
  return { type: 'failed', tookMs: 5, code, message: 'it did not work' };
}

function call(outcome: Outcome, phase = SAFE, id = 'the-call'): CallRecord {
  return { id, client: 'c0', phase, outcome };
}

/** What remains of a run in which nothing was wrong, with something else in it. */
function evidence(given: Partial<Evidence> = {}): Evidence {
  return {
    phases: [
      { name: SAFE, mayFail: false, mayBeUnreachable: false },
      { name: UNSAFE, mayFail: true, mayBeUnreachable: false },
      { name: DARK, mayFail: false, mayBeUnreachable: true },
    ],
    clients: ['c0', 'c1'],
    calls: [],
    executions: [],
    incidents: [],
    lastCalls: [SAFE, UNSAFE, DARK].flatMap((phase) =>
      ['c0', 'c1'].map((client) => ({ client, phase, succeeded: true })),
    ),
    ...given,
  };
}

/** The kinds of what is found in one call that was executed so many times. */
function kindsFor(record: CallRecord, executions: number): string[] {
  const found = judge(evidence({ calls: [record], executions: Array(executions).fill(record.id) }));
  return found.map(({ kind }) => kind);
}

describe('the verdict on a call', () => {
  it.each([SAFE, UNSAFE])('is nothing for one that was executed once and answered: %s', (phase) => {
    expect(kindsFor(call(answered, phase), 1)).toEqual([]);
  });

  it('finds one that never settled, executed or not', () => {
    expect(kindsFor(call({ type: 'hung' }), 0)).toEqual(['hang']);
    expect(kindsFor(call({ type: 'hung' }, UNSAFE), 1)).toEqual(['hang']);
  });

  it('finds a double execution, whatever the client was told', () => {
    expect(kindsFor(call(answered), 2)).toEqual(['executed twice']);
    expect(kindsFor(call(failed('outcome_unknown'), UNSAFE), 2)).toEqual(['executed twice']);
    expect(kindsFor(call({ type: 'hung' }, UNSAFE), 2)).toEqual(['executed twice', 'hang']);
  });

  it('finds a wrong answer', () => {
    expect(kindsFor(call({ ...answered, wrong: 'beef' }), 1)).toEqual(['wrong answer']);
  });

  it('finds an answer to what was not executed', () => {
    expect(kindsFor(call(answered, UNSAFE), 0)).toEqual(['answered but not executed']);
  });

  it('takes an unknown outcome, executed or not, only where the server may die', () => {
    expect(kindsFor(call(failed('outcome_unknown'), UNSAFE), 0)).toEqual([]);
    expect(kindsFor(call(failed('outcome_unknown'), UNSAFE), 1)).toEqual([]);
    expect(kindsFor(call(failed('outcome_unknown')), 0)).toEqual(['failed call']);
    expect(kindsFor(call(failed('outcome_unknown')), 1)).toEqual(['failed call']);
  });

  it.each(['server_silent', 'relays_unreachable'])('finds %s where every call must succeed', (code) => {
    expect(kindsFor(call(failed(code)), 0)).toEqual(['failed call']);
    expect(kindsFor(call(failed(code), UNSAFE), 0)).toEqual([]);
  });

  it('takes that no relay could be reached where none was there, if it was not executed', () => {
    expect(kindsFor(call(failed('relays_unreachable'), DARK), 0)).toEqual([]);
    expect(kindsFor(call(failed('server_silent'), DARK), 0)).toEqual(['failed call']);
    expect(kindsFor(call(failed('relays_unreachable'), DARK), 1)).toEqual([
      'executed but reported as not executed',
    ]);
  });

  it('finds one that was executed and reported as not executed', () => {
    const kind = 'executed but reported as not executed';
    expect(kindsFor(call(failed('server_silent'), UNSAFE), 1)).toEqual([kind]);
    expect(kindsFor(call(failed('relays_unreachable')), 1)).toEqual(['failed call', kind]);
  });

  it('finds a failure that is not one of those of the way', () => {
    expect(kindsFor(call(failed('JSON-RPC -32000'), UNSAFE), 0)).toEqual(['failure without a name']);
  });
});

describe('the verdict on a run', () => {
  it('is nothing for one in which nothing was wrong', () => {
    expect(judge(evidence())).toEqual([]);
  });

  it('finds an execution that nobody called for', () => {
    expect(judge(evidence({ executions: ['ghost'] }))).toEqual([
      { kind: 'executed but never called', text: 'call ghost' },
    ]);
  });

  it('finds a call id that two calls had, which would hide a double execution', () => {
    const found = judge(evidence({ calls: [call(answered), call(answered)], executions: ['the-call'] }));
    expect(found).toEqual([{ kind: 'call id used twice', text: 'call the-call: 2 times' }]);
  });

  it.each(['second answer', 'progress after the answer', 'client closed'] as const)(
    'passes on what was noticed on the way: %s',
    (kind) => {
      const incidents = [{ kind, who: 'c1', text: 'something' }];
      expect(judge(evidence({ incidents }))).toEqual([{ kind, text: 'c1: something' }]);
    },
  );

  it('finds each client that did not succeed, or was not heard of, at the end of a phase', () => {
    const lastCalls = [
      { client: 'c0', phase: SAFE, succeeded: true },
      { client: 'c1', phase: SAFE, succeeded: false },
      { client: 'c0', phase: UNSAFE, succeeded: true },
      ...['c0', 'c1'].map((client) => ({ client, phase: DARK, succeeded: true })),
    ];
    expect(judge(evidence({ lastCalls }))).toEqual([
      { kind: 'no success at the end', text: `c1 in ${SAFE}` },
      { kind: 'no success at the end', text: `c1 in ${UNSAFE}` },
    ]);
  });
});
