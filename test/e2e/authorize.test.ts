import { formatNpub, type JsonRpcMessage } from '@mcp-nostr/core';
import type { Authorize, RequestReport } from '@mcp-nostr/server';
import { beforeEach, describe, expect, it } from 'vitest';

import { legs } from '../helpers/legs.ts';
import { LiveBook } from '../helpers/policy-world.ts';
import { RawClient } from '../helpers/raw-client.ts';
import { Recorder } from '../helpers/recorder.ts';
import { newSigner, sharedWorld } from '../helpers/world.ts';

const [leg] = legs as [(typeof legs)[0]];
const live = new LiveBook();
const reports = new Recorder<RequestReport>('a report of a request');
const hook: { authorize: Authorize } = { authorize: () => undefined };
beforeEach(() => {
  hook.authorize = () => undefined;
});

const world = sharedWorld(leg, undefined, {
  serve: {
    allow: live.policy,
    authorize: (caller, message) => hook.authorize(caller, message),
    onrequest: reports.add,
  },
});

async function openRaw(signer = newSigner()): Promise<RawClient> {
  return new RawClient(world.transport({ signer })).open();
}

describe('authorize()', () => {
  const deny = (matches: (message: JsonRpcMessage) => boolean): Authorize => {
    return (_caller, message) =>
      matches(message) ? { code: 'not_allowed', message: 'not on Sundays' } : undefined;
  };
  const isCallOf = (name: string) => (message: JsonRpcMessage) =>
    'method' in message && message.params?.['name'] === name;

  it('is asked who calls and what, and what it denies is not executed', async () => {
    const { signer, pubkey } = live.allowNew();
    const seen: [string, string][] = [];
    hook.authorize = (caller, message) => {
      seen.push([caller.npub, message.method]);
      return deny(isCallOf('count'))(caller, message);
    };
    const raw = await openRaw(signer);
    expect(await raw.callTool(1, 'count', { key: pubkey })).toMatchObject({
      error: { code: -31_005, message: 'not on Sundays', data: { code: 'not_allowed' } },
    });
    expect(await raw.callTool(2, 'echo', { text: '' })).toHaveProperty('result');
    expect(world.fixture.executions.get(pubkey)).toBeUndefined();
    expect(seen.map(([npub, method]) => `${npub === formatNpub(pubkey)} ${method}`)).toEqual([
      'true initialize',
      'true notifications/initialized',
      'true tools/call',
      'true tools/call',
    ]);
  });

  it('keeps the order of messages while it decides, and executes nothing that was cancelled meanwhile', async () => {
    const [raw, other] = (await Promise.all([1, 2].map(() => openRaw(live.allowNew().signer)))) as [
      RawClient,
      RawClient,
    ];
    let decide = (): void => {};
    const undecided = new Promise<undefined>((resolve) => (decide = () => resolve(undefined)));
    const asked = new Recorder<string>('a question');
    hook.authorize = (_, message) => {
      const { name = message.method } = message.params ?? {};
      asked.add(String(name));
      return name === 'wait' ? undecided : undefined;
    };
    const order: unknown[] = [];
    const note = (answer: { id?: unknown }): unknown => order.push(answer.id);
    await raw.send({
      jsonrpc: '2.0',
      id: 1,
      method: 'tools/call',
      params: { name: 'wait', arguments: { name: 'undecided' } },
    });
    await asked.first((name) => name === 'wait');
    const after = [raw.callTool(2, 'echo', { text: '2' }).then(note), raw.request(3, 'ping').then(note)];
    await raw.notify('notifications/cancelled', { requestId: 1 });
    await reports.first(({ outcome, name }) => outcome === 'cancelled' && name === 'wait');
    // Nobody else waits for it, and after this what was not held would have been answered.
    expect(await other.request('other', 'ping')).toHaveProperty('result');
    expect([asked.items.includes('echo'), order]).toEqual([false, []]);
    decide();
    await Promise.all(after);
    expect(order).toEqual([2, 3]);
    expect(world.fixture.started.items).not.toContain('undecided');
  });

  it('that fails has refused, and says so to the operator', async () => {
    const raw = await openRaw(live.allowNew().signer);
    for (const [id, authorize] of [
      [
        1,
        () => {
          throw new Error('out of order 1');
        },
      ],
      [
        2,
        async () => {
          throw new Error('out of order 2');
        },
      ],
    ] as const) {
      hook.authorize = authorize;
      expect(await raw.callTool(id, 'echo', { text: '' })).toMatchObject({
        error: { code: -31_005, data: { code: 'not_allowed' } },
      });
      await world.served.errors.first(({ message }) => message === `out of order ${id}`);
    }
  });
});
