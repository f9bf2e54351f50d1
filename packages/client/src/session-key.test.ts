import { type EventTemplate, secretKeySigner, generateSecretKey, getPublicKey } from '@mcp-nostr/core';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { createSession, type Session } from './create-session.ts';
import { SessionKey } from './session-key.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const server = getPublicKey(generateSecretKey());
const HOUR_MS = 3_600_000;

/** A session key, and what its identity was asked. */
function make(given: { session?: Session; isInUse?: boolean; hasIdentity?: boolean } = {}) {
  const { session, isInUse = true, hasIdentity = true } = given;
  const state = { isInUse, refusal: undefined as string | undefined, kept: session };
  const own = secretKeySigner(generateSecretKey());
  const signEvent = vi.fn(async (template: EventTemplate) => {
    if (state.refusal !== undefined) throw new Error(state.refusal);
    return own.signEvent(template);
  });
  const onsession = vi.fn<(session: Session, isNew: boolean) => void>();
  const onerror = vi.fn<(error: unknown) => void>();
  const key = new SessionKey({
    identity: hasIdentity ? { ...own, signEvent } : undefined,
    kept: () => state.kept,
    server,
    nowSeconds: () => Math.floor(Date.now() / 1000),
    isInUse: () => state.isInUse,
    onsession,
    onerror,
  });
  return { key, state, signEvent, onsession, onerror };
}

const granted = (options = {}): Promise<Session> =>
  createSession(secretKeySigner(generateSecretKey()), server, options);

describe('the grant of a session key', () => {
  it('is asked for once, whoever wants it meanwhile', async () => {
    const { key, signEvent, onsession } = make();
    const [one, two] = await Promise.all([key.grant(), key.grant()]);
    expect(two).toBe(one);
    expect(await key.grant()).toBe(one);
    expect(signEvent).toHaveBeenCalledTimes(1);
    expect(onsession.mock.calls[0]?.[0]).toMatchObject({ grant: { tags: expect.any(Array) } });
    key.close();
  });

  it('is asked for again when it has ended, with the limits of the one before', async () => {
    const session = await granted({ expiresInSeconds: 100, tools: ['a'], prompts: [], scopes: ['s'] });
    const { key, signEvent, onsession } = make({ session, isInUse: false });
    expect(JSON.parse(await key.grant())).toEqual(session.grant);
    vi.advanceTimersByTime(100_000);
    await key.grant();
    expect(signEvent).toHaveBeenCalledTimes(1);
    const [renewed] = onsession.mock.calls[0] ?? [];
    expect(renewed?.secretKey).toEqual(session.secretKey);
    expect(renewed?.expiresAt).toBe(session.expiresAt + 100);
    const limits = (each: Session | undefined): unknown => each?.grant.tags.slice(3);
    expect(limits(renewed)).toEqual([['scopes', 's'], ['tools', 'a'], ['prompts']]);
    expect(limits(renewed)).toEqual(limits(session));
    key.close();
  });

  it('is not asked for when another program with the same key has asked already', async () => {
    const identity = secretKeySigner(generateSecretKey());
    const session = await createSession(identity, server, { expiresInSeconds: 100 });
    const { key, state, signEvent, onsession } = make({ session });
    const { secretKey } = session;
    const options = { expiresInSeconds: 100, now: () => Date.now() + 95_000 };
    vi.advanceTimersByTime(100_000);
    state.kept = await createSession(identity, server, { ...options, secretKey });
    expect(JSON.parse(await key.grant())).toEqual(state.kept.grant);
    expect(onsession.mock.calls).toEqual([[state.kept, false]]);
    expect(signEvent).not.toHaveBeenCalled();
    // One of another session key is of no use to this one.
    vi.advanceTimersByTime(200_000);
    state.kept = await createSession(identity, server, options);
    await key.grant();
    expect(signEvent).toHaveBeenCalledTimes(1);
    key.close();
  });

  it('is renewed ten minutes before its end while something is waited for', async () => {
    const { key, signEvent } = make();
    await key.grant();
    await vi.advanceTimersByTimeAsync(24 * HOUR_MS - 601_000);
    expect(signEvent).toHaveBeenCalledTimes(1);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(signEvent).toHaveBeenCalledTimes(2);
    key.close();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('is not renewed for nobody; the next message does that', async () => {
    const { key, signEvent } = make({ isInUse: false });
    await key.grant();
    key.renewIfDue();
    await vi.advanceTimersByTimeAsync(24 * HOUR_MS - 60_000);
    expect(signEvent).toHaveBeenCalledTimes(1);
    key.renewIfDue();
    key.renewIfDue();
    await vi.advanceTimersByTimeAsync(0);
    expect(signEvent).toHaveBeenCalledTimes(2);
    key.close();
  });

  it('of 30 days is renewed in their last ten minutes too: no timer overflows', async () => {
    const session = await granted({ expiresInSeconds: 2_592_000 });
    const { key, signEvent } = make({ session });
    await key.grant();
    await vi.advanceTimersByTimeAsync(720 * HOUR_MS - 601_000);
    expect(signEvent).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(2_000);
    expect(signEvent).toHaveBeenCalledTimes(1);
    key.close();
  });

  it('whose renewal was refused is not asked for again before its end', async () => {
    const { key, state, signEvent, onerror } = make();
    await key.grant();
    state.refusal = 'no';
    await vi.advanceTimersByTimeAsync(24 * HOUR_MS - 100_000);
    key.renewIfDue();
    await key.grant();
    expect(signEvent).toHaveBeenCalledTimes(2);
    expect(onerror).toHaveBeenCalledWith(expect.objectContaining({ code: 'signer_failed' }));
    key.close();
  });
});

describe('a grant that the server refuses', () => {
  it('is replaced once, and the identity let alone when the next one is refused too, for longer each time', async () => {
    const { key, signEvent } = make({ session: await granted() });
    await key.grant();
    expect(key.refused()).toBe(true);
    await key.grant();
    for (const [index, pauseMs] of [4_000, 8_000, 16_000].entries()) {
      expect(key.refused()).toBe(false);
      await vi.advanceTimersByTimeAsync(pauseMs - 1);
      await expect(key.grant()).rejects.toMatchObject({
        code: 'grant_expired',
        message: expect.stringContaining('asked again in 1 s'),
      });
      expect(signEvent).toHaveBeenCalledTimes(1 + index);
      await vi.advanceTimersByTimeAsync(1);
      await key.grant();
      // Whoever only says that it is there has not taken the grant.
      key.heard();
    }
    key.close();
  });

  it('that has lived for a while is replaced at once', async () => {
    const { key } = make({ session: await granted() });
    await key.grant();
    for (let n = 0; n < 3; n++) {
      expect(key.refused()).toBe(true);
      await key.grant();
      key.heard();
      await vi.advanceTimersByTimeAsync(600_001);
    }
    key.close();
  });

  it('is not replaced without an identity', async () => {
    const { key } = make({ session: await granted(), hasIdentity: false });
    expect(key.refused()).toBe(false);
    await expect(key.grant()).rejects.toMatchObject({ code: 'grant_expired' });
    key.close();
  });
});

describe('createSession', () => {
  it('does not take what a signer was not asked for', async () => {
    const own = secretKeySigner(generateSecretKey());
    const wider = {
      ...own,
      signEvent: (template: EventTemplate) =>
        own.signEvent({ ...template, tags: template.tags.filter(([name]) => name !== 'tools') }),
    };
    await expect(createSession(wider, server, { tools: ['a'] })).rejects.toMatchObject({
      code: 'signer_failed',
      message: expect.stringContaining('something else'),
    });
    const forger = {
      ...own,
      signEvent: async (template: EventTemplate) => ({
        ...(await own.signEvent(template)),
        sig: '0'.repeat(128),
      }),
    };
    await expect(createSession(forger, server)).rejects.toMatchObject({ code: 'signer_failed' });
  });

  it('gives up on a signer that says nothing', async () => {
    const silent = { ...secretKeySigner(generateSecretKey()), signEvent: () => new Promise<never>(() => {}) };
    const failed = createSession(silent, server).catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(120_000);
    expect(await failed).toMatchObject({ code: 'signer_failed' });
  });

  it('asks nobody for what no server takes', async () => {
    const signEvent = vi.fn<() => Promise<never>>();
    const signer = { ...secretKeySigner(generateSecretKey()), signEvent };
    await expect(createSession(signer, server, { expiresInSeconds: 2_592_001 })).rejects.toMatchObject({
      code: 'bad_grant',
    });
    expect(signEvent).not.toHaveBeenCalled();
  });
});
