import { describe, expect, it } from 'vitest';

import { LEGACY_VERSIONS, VersionGate } from './version-gate.ts';

const KEY = 'io.modelcontextprotocol/protocolVersion';

/** The code with which a gate answers each of these requests in turn; undefined for what it lets through. */
function answers(speaksModern: boolean, requests: [method: string, claim?: unknown][]) {
  const gate = new VersionGate({ speaksModern });
  return requests.map(([method, claim], id) => {
    const params = claim === undefined ? undefined : { _meta: { [KEY]: claim } };
    return gate.refusal({ jsonrpc: '2.0', id, method, params })?.error.code;
  });
}

describe('a gate before a server of the old era', () => {
  it('lets nothing through before `initialize` but pings', () => {
    expect(
      answers(false, [['tools/list'], ['ping'], ['tools/call'], ['initialize'], ['tools/call']]),
    ).toEqual([-32_602, undefined, -32_602, undefined, undefined]);
  });

  it('lets no request of the modern era through, within a session either', () => {
    const modern: [string, unknown?][] = [['server/discover'], ['tools/list', '2026-07-28'], ['ping', 7]];
    expect(answers(false, [...modern, ['initialize'], ...modern, ['tools/list']])).toEqual([
      -32_022,
      -32_022,
      -32_022,
      undefined,
      -32_022,
      -32_022,
      -32_022,
      undefined,
    ]);
  });

  it('says what was asked for, and what there is', () => {
    const gate = new VersionGate({ speaksModern: false });
    const params = { _meta: { [KEY]: '2026-07-28' } };
    const request = { jsonrpc: '2.0' as const, id: 'a', method: 'server/discover' };
    expect(gate.refusal({ ...request, params })).toMatchObject({
      id: 'a',
      error: { data: { supported: LEGACY_VERSIONS, requested: '2026-07-28' } },
    });
    gate.supports(['2025-06-18', '2026-07-28', '2024-11-05']);
    expect(gate.refusal(request)).toMatchObject({
      error: {
        message:
          'Unsupported protocol version: unknown; this server takes "initialize" with 2025-06-18, 2024-11-05',
        data: { supported: ['2025-06-18', '2024-11-05'], requested: 'unknown' },
      },
    });
  });
});

describe('a gate before a server of both eras', () => {
  it.each<[string, unknown?]>([['initialize'], ['server/discover'], ['tools/list', '2026-07-28']])(
    'opens at %s',
    (...opening) => {
      expect(answers(true, [['tools/list'], opening, ['tools/list'], ['tools/list', '2099-01-01']])).toEqual([
        -32_602,
        undefined,
        undefined,
        undefined,
      ]);
    },
  );
});
