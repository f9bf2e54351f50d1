import { describe, expect, it } from 'vitest';

import { redact } from '../log/redact.ts';
import { parseAddressLink, withoutInvite } from './address-link.ts';

const address = 'nprofile1qqsexample';
const invite = '7kd3qm2p0vx4s8jzt6wnyc5fhl';

describe('an address link', () => {
  it.each([
    [address, { address }],
    [`  ${address}\n`, { address }],
    [`nostr:${address}`, { address: `nostr:${address}` }],
    [`https://inspect.example/#${address}`, { address }],
    [`${address}?invite=${invite}`, { address, invite }],
    [`nostr:${address}?invite=${invite}&relay=x`, { address: `nostr:${address}`, invite }],
    [`https://inspect.example/x?y=1#${address}?invite=${invite}`, { address, invite }],
    [`weather@example.com?invite=${invite}`, { address: 'weather@example.com', invite }],
  ])('%s', (text, link) => {
    expect(parseAddressLink(text)).toEqual(link);
  });

  it.each([
    [`https://inspect.example/?invite=${invite}#${address}`, 'where web servers read it'],
    [`https://inspect.example/${address}?invite=${invite}`, 'where web servers read it'],
    [`${address}?invite=`, 'cut off'],
    [`${address}?invite=${invite}%20`, 'other characters'],
    [`${address}?invite=${'a'.repeat(129)}`, 'cut off'],
  ])('%s is refused, and not repeated', (text, reason) => {
    expect(() => parseAddressLink(text)).toThrow(reason);
    try {
      parseAddressLink(text);
    } catch (error) {
      expect(JSON.stringify(error) + String(error)).not.toContain(invite);
    }
  });

  it('is not for commands that take no invite, and is in no line of the log from then on', () => {
    const code = 'zzkd3qm2p0vx4s8jzt6wnyc5fz';
    expect(redact(`?invite=${code}`)).toBe('?invite=[redacted]');
    expect(redact(code)).toBe(code);
    expect(() => withoutInvite(`${address}?invite=${code}`)).toThrow('that is an invite');
    expect(redact(code)).toBe('[redacted]');
    expect(withoutInvite(`https://inspect.example/#${address}`)).toBe(address);
  });
});
