import { describe, expect, it } from 'vitest';

import { refusal } from './errors.ts';

const code = (reason: string) => refusal('ws://relay', reason).code;

describe('refusal', () => {
  it.each([
    'auth-required',
    'blocked',
    'duplicate',
    'error',
    'invalid',
    'mute',
    'pow',
    'rate-limited',
    'restricted',
    'unsupported',
  ])('reads the prefix %s', (prefix) => {
    expect(code(`${prefix}: because`)).toBe(prefix);
    expect(code(`${prefix}:`)).toBe(prefix);
  });

  it('looks behind what some relays put in front', () => {
    expect(code('ERROR: auth-required: log in')).toBe('auth-required');
    expect(code('error: rate-limited: slow down')).toBe('rate-limited');
    expect(code('Blocked: spam')).toBe('blocked');
    expect(code('event rejected: invalid: bad id')).toBe('invalid');
  });

  it('takes everything else for an error, with the words of the relay', () => {
    expect(code('replaced: have newer event')).toBe('error');
    expect(code('I never take an invalid event')).toBe('error');
    expect(code('one: two: blocked: three')).toBe('error');
    expect(refusal('ws://relay', '')).toMatchObject({
      code: 'error',
      relay: 'ws://relay',
      message: 'refused without a reason',
    });
    expect(refusal('ws://relay', 'pow: 28 bits needed').message).toBe('pow: 28 bits needed');
  });
});
