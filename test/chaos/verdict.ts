import { isFailureCode } from '@mcp-nostr/core';

import type { CallRecord, Evidence, IncidentKind, PhaseRules } from './evidence.ts';

type ViolationKind =
  | IncidentKind
  | 'hang'
  | 'wrong answer'
  | 'executed twice'
  | 'answered but not executed'
  | 'executed but reported as not executed'
  | 'executed but never called'
  | 'call id used twice'
  | 'failed call'
  | 'failure without a name'
  | 'no success at the end';

export interface Violation {
  kind: ViolationKind;
  text: string;
}

/** Everything that the evidence holds against the promises of the transport; nothing when they were kept. */
export function judge(evidence: Evidence): Violation[] {
  const executions = countEach(evidence.executions);
  const calls = countEach(evidence.calls.map(({ id }) => id));
  const rules = new Map(evidence.phases.map((phase) => [phase.name, phase]));
  return [
    ...evidence.calls.flatMap((call) => judgeCall(call, executions.get(call.id) ?? 0, rules)),
    ...[...executions.keys()].filter((id) => !calls.has(id)).map(neverCalled),
    ...[...calls].filter(([, count]) => count > 1).map(usedTwice),
    ...evidence.incidents.map(({ kind, who, text }) => ({ kind, text: `${who}: ${text}` })),
    ...judgeEnds(evidence),
  ];
}

function judgeCall(call: CallRecord, executions: number, rules: Map<string, PhaseRules>): Violation[] {
  const { outcome } = call;
  const violations: Violation[] = [];
  const add = (kind: ViolationKind, detail: string): void => {
    violations.push({ kind, text: `call ${call.id} of ${call.client} in ${call.phase}: ${detail}` });
  };
  const executed = `executed ${executions} times`;
  if (executions > 1) add('executed twice', executed);
  if (outcome.type === 'hung') add('hang', `never settled, ${executed}`);
  else if (outcome.type === 'answered') {
    if (outcome.wrong !== undefined) add('wrong answer', outcome.wrong);
    if (executions === 0) add('answered but not executed', executed);
  } else {
    const { code, message } = outcome;
    const phase = rules.get(call.phase);
    // That it was not executed is checked below.
    const isTrue = code === 'relays_unreachable' && phase?.mayBeUnreachable === true;
    if (phase?.mayFail !== true && !isTrue) add('failed call', `${code}, ${executed}: ${message}`);
    else if (!isFailureCode(code)) add('failure without a name', `${code}: ${message}`);
    if (code !== 'outcome_unknown' && executions > 0) {
      add('executed but reported as not executed', `${code}, ${executed}`);
    }
  }
  return violations;
}

function neverCalled(id: string): Violation {
  return { kind: 'executed but never called', text: `call ${id}` };
}

/** Would make the counts of the run worthless. */
function usedTwice([id, count]: [string, number]): Violation {
  return { kind: 'call id used twice', text: `call ${id}: ${count} times` };
}

function judgeEnds({ phases, clients, lastCalls }: Evidence): Violation[] {
  const done = new Set(lastCalls.filter(({ succeeded }) => succeeded).map(endKey));
  const expected = phases.flatMap(({ name }) => clients.map((client) => ({ client, phase: name })));
  return expected
    .filter((end) => !done.has(endKey(end)))
    .map(({ client, phase }) => ({ kind: 'no success at the end', text: `${client} in ${phase}` }));
}

function endKey({ client, phase }: { client: string; phase: string }): string {
  return `${client} ${phase}`;
}

function countEach(ids: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const id of ids) counts.set(id, (counts.get(id) ?? 0) + 1);
  return counts;
}
