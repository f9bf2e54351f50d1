import { describe, expect, it } from 'vitest';

import { Requests, type RequestSummary } from './requests.ts';

function open() {
  const ended: RequestSummary[] = [];
  const requests = new Requests((summary) => void ended.push(summary));
  const add = (id: string | number, params?: Record<string, unknown>) =>
    requests.add(
      { jsonrpc: '2.0', id, method: 'tools/call', ...(params && { params }) },
      `event of ${id}`,
      50,
    );
  return { requests, ended, add };
}

const result = (id: string | number, value: Record<string, unknown> = {}) => ({
  jsonrpc: '2.0' as const,
  id,
  result: value,
});

describe('Requests', () => {
  it('lead an answer to the event that asked, once', () => {
    const { requests, add } = open();
    add(0);
    add('0');
    expect([requests.event(0), requests.event('0')]).toEqual(['event of 0', 'event of 0']);
    expect([requests.size, requests.ids, requests.has(0), requests.has(1)]).toEqual([
      2,
      [0, '0'],
      true,
      false,
    ]);
    expect([requests.answer(result(0)), requests.answer(result(0))]).toEqual(['event of 0', undefined]);
    expect(requests.ids).toEqual(['0']);
  });

  it('are not answered by what is no answer', () => {
    const { requests, add } = open();
    add(1);
    expect(requests.answer({ jsonrpc: '2.0', id: 1, method: 'ping' })).toBeUndefined();
    expect(requests.answer({ jsonrpc: '2.0', error: { code: -1, message: '' } })).toBeUndefined();
    expect(requests.answer(result(2))).toBeUndefined();
    expect(requests.size).toBe(1);
  });

  it('are reported with what they asked for and how they ended', () => {
    const { requests, ended, add } = open();
    add('ok', { name: 'echo' });
    add('resource', { uri: 'file:///a' });
    add('tool error', { name: 7 });
    add('error');
    add('cancelled');
    add('left');
    requests.answer(result('ok'));
    requests.answer(result('resource'));
    requests.answer(result('tool error', { isError: true }));
    requests.answer({ jsonrpc: '2.0', id: 'error', error: { code: -1, message: 'no' } });
    requests.cancel('cancelled');
    requests.cancel('cancelled');
    requests.close();
    expect(ended.map(({ name, outcome }) => [name, outcome])).toEqual([
      ['echo', 'ok'],
      ['file:///a', 'ok'],
      [undefined, 'tool_error'],
      [undefined, 'error'],
      [undefined, 'cancelled'],
      [undefined, 'cancelled'],
    ]);
    expect(ended.every(({ method, durationMs }) => method === 'tools/call' && durationMs >= 0)).toBe(true);
    expect(ended[0]).toMatchObject({ event: 'event of ok', bytes: 50, params: { name: 'echo' } });
  });

  it('have no answer after they were cancelled or the connection is over', () => {
    const { requests, add } = open();
    add(1);
    add(2);
    requests.cancel(1);
    requests.close();
    expect([requests.answer(result(1)), requests.answer(result(2)), requests.size]).toEqual([
      undefined,
      undefined,
      0,
    ]);
  });
});
