import { describe, expect, it } from 'vitest';

import { connect, event, signer } from '../helpers/one-relay.ts';
import { endless } from '../helpers/relay-pool.ts';
import { openScriptedRelay } from '../helpers/scripted-relay.ts';

describe('AUTH', () => {
  it.each(['at-connect', 'after-refusal'] as const)(
    'is given when a REQ was refused, which is then repeated (challenge %s)',
    async (sendsChallenge) => {
      const relay = await openScriptedRelay({ demandsAuth: ['REQ', 'EVENT'], sendsChallenge });
      const { pool, received, until } = connect(relay, { signer });
      const sent = event();
      expect(await pool.publish(sent)).toBe('accepted');
      expect(relay.log).toEqual(['open', 'REQ s0', 'AUTH ok', 'REQ s0', `EVENT ${sent.id}`]);
      await until(() => received.length === 1);
    },
  );

  it.each(['at-connect', 'after-refusal'] as const)(
    'is given when an EVENT was refused, which is then repeated (challenge %s)',
    async (sendsChallenge) => {
      const relay = await openScriptedRelay({ demandsAuth: ['EVENT'], sendsChallenge });
      const { pool } = connect(relay, { signer });
      const sent = event();
      expect(await pool.publish(sent)).toBe('accepted');
      expect(relay.log).toEqual(['open', 'REQ s0', `EVENT ${sent.id}`, 'AUTH ok', `EVENT ${sent.id}`]);
    },
  );

  it('is given anew on every connection', async () => {
    const relay = await openScriptedRelay({ demandsAuth: ['REQ'] });
    const { reach } = connect(relay, { signer });
    await reach('ready');
    relay.cut();
    await reach('ready', 2);
    expect(relay.sinceOpen).toEqual(['open', 'REQ s0', 'AUTH ok', 'REQ s0']);
  });

  it('is not given to a relay that demands nothing', async () => {
    const relay = await openScriptedRelay();
    const { pool } = connect(relay, { signer });
    await pool.publish(event());
    expect(relay.log.filter((line) => line.startsWith('AUTH'))).toEqual([]);
  });

  it('works with a relay that sends no OK for it', async () => {
    const relay = await openScriptedRelay({ demandsAuth: ['REQ'], acknowledgesAuth: false });
    const { pool } = connect(relay, { signer, timing: { ...endless, authTimeoutMs: 200 } });
    expect(await pool.publish(event())).toBe('accepted');
  });

  it('holds events back while a signer takes its time over it', async () => {
    const relay = await openScriptedRelay({ demandsAuth: ['REQ'] });
    let allow: () => void = () => {};
    const asked = new Promise<void>((resolve) => {
      allow = resolve;
    });
    const slow = {
      ...signer,
      signEvent: async (template: Parameters<typeof signer.signEvent>[0]) => {
        await asked;
        return signer.signEvent(template);
      },
    };
    const timing = { ...endless, eoseTimeoutMs: 200 };
    const { pool, until, states } = connect(relay, { signer: slow, timing });
    const sent = event();
    const published = pool.publish(sent);
    await until(() => states.at(-1)?.reason?.startsWith('auth-required:') === true);
    // Longer than the wait for EOSE: nothing was asked for, so nothing can be late.
    await new Promise((resolve) => setTimeout(resolve, 2 * timing.eoseTimeoutMs));
    expect(relay.log).toEqual(['open', 'REQ s0']);
    allow();
    expect(await published).toBe('accepted');
    expect(relay.log).toEqual(['open', 'REQ s0', 'AUTH ok', 'REQ s0', `EVENT ${sent.id}`]);
  });

  it.each([
    ['the relay refuses it', { refusesAuth: 'restricted: not a member' }, signer, 'restricted: not a member'],
    ['there is no signer', {}, undefined, 'auth-required: who are you?'],
    [
      'no challenge comes',
      { sendsChallenge: 'never' as const },
      signer,
      'auth-required: the relay sent no challenge',
    ],
    [
      'the signer refuses',
      {},
      { ...signer, signEvent: () => Promise.reject(new Error('locked')) },
      'auth-required: the signer refused (locked)',
    ],
  ])('says so when %s, and goes on trying', async (_, script, who, reason) => {
    const relay = await openScriptedRelay({ demandsAuth: ['REQ'], ...script });
    const timing = { ...endless, ...('sendsChallenge' in script && { authTimeoutMs: 200 }) };
    const { reach } = connect(relay, { signer: who, timing });
    expect(await reach('waiting')).toMatchObject({ reason });
    expect(await reach('waiting', 2)).toMatchObject({ reason });
    relay.script.demandsAuth = [];
    await reach('ready');
  });

  it('is asked for again when the relay ends the subscription for want of it', async () => {
    const relay = await openScriptedRelay();
    const { pool, reach } = connect(relay, { signer });
    await reach('ready');
    relay.script.demandsAuth = ['REQ'];
    relay.endSubscriptions('auth-required: the rules have changed');
    const sent = event();
    await relay.heard('AUTH');
    expect(await pool.publish(sent)).toBe('accepted');
    expect(relay.log).toEqual(['open', 'REQ s0', 'AUTH ok', 'REQ s0', `EVENT ${sent.id}`]);
  });

  it('does not hold up an event that the relay refuses all the same', async () => {
    const relay = await openScriptedRelay({ refusesEvents: 'auth-required: not you' });
    const { pool } = connect(relay, { signer });
    await expect(pool.publish(event())).rejects.toMatchObject({
      code: 'relays_unreachable',
      data: { relays: [{ url: relay.url, code: 'auth-required', reason: 'auth-required: not you' }] },
    });
  });
});
