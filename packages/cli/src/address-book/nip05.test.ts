import { describe, expect, it } from 'vitest';

import { Domain, trustDomains } from './domain.test.support.ts';
import { limits } from './limits.ts';
import { lookUpNip05, parseNip05, shownNip05 } from './nip05.ts';

const key = 'c2fdb9f023e8efa9871ff0b9b1b3f183e1ee09605ad3dcbd5a6f3ce64c955abb';

describe('a NIP-05 name', () => {
  it.each([
    ['weather@example.com', 'weather@example.com'],
    ['Weather@EXAMPLE.com:443', 'weather@example.com'],
    ['a.b-c_d@example.com:8443', 'a.b-c_d@example.com:8443'],
    ['example.com', '_@example.com'],
    ['_@localhost:8443', '_@localhost:8443'],
    // A Cyrillic letter is seen by its Punycode.
    ['exаmple.com', '_@xn--exmple-4nf.com'],
    ['weather', undefined],
    ['10.0.0.1', undefined],
    ['weather@', undefined],
    ['@example.com', undefined],
    ['we ather@example.com', undefined],
    ['wéather@example.com', undefined],
    ['weather@example.com/path', undefined],
    ['weather@user@example.com', undefined],
    ['https://example.com', undefined],
    [`${'a'.repeat(limits.maxNip05Length)}@example.com`, undefined],
  ])('%s', (text, nip05) => {
    expect(parseNip05(text)).toBe(nip05);
  });

  it('of a whole domain is shown as people know it', () => {
    expect(shownNip05('_@example.com')).toBe('example.com');
    expect(shownNip05('weather@example.com')).toBe('weather@example.com');
  });
});

describe('the key behind a NIP-05 name', () => {
  it('is what its domain says over https, with the relays that can be used', async () => {
    trustDomains();
    const domain = await Domain.open();
    const relays = ['wss://one.example/', 'https://no.relay', 5, 'ws://two.example', 'wss://one.example'];
    domain.document = { names: { weather: key }, relays: { [key]: relays } };
    expect(await lookUpNip05(`weather@${domain.host}`)).toEqual({
      pubkey: key,
      relays: ['wss://one.example', 'ws://two.example'],
    });
    expect(domain.asked).toEqual(['/.well-known/nostr.json?name=weather']);
  });

  it.each([
    [{ names: {} }],
    [{ names: { weather: key.toUpperCase() } }],
    [{ names: { weather: `npub1${key}` } }],
    [{ names: [key] }],
    [[]],
    [null],
  ])('is none where the domain says %j', async (document) => {
    trustDomains();
    const domain = await Domain.open();
    domain.listener = (_request, response) => response.end(JSON.stringify(document));
    const name = document !== null && 'names' in document ? 'weather' : '__proto__';
    await expect(lookUpNip05(`${name}@${domain.host}`)).rejects.toMatchObject({
      code: 'bad_address',
      exitCode: 2,
    });
  });

  it('is not taken from another place to which the domain redirects', async () => {
    trustDomains();
    const [domain, other] = [await Domain.open(), await Domain.open()];
    other.document = { names: { weather: key } };
    domain.listener = (request, response) =>
      response.writeHead(302, { location: `https://${other.host}${request.url}` }).end();
    await expect(lookUpNip05(`weather@${domain.host}`)).rejects.toMatchObject({ code: 'name_unreachable' });
    expect(other.asked).toEqual([]);
  });

  it('is not read from an answer without end', async () => {
    trustDomains();
    const domain = await Domain.open();
    domain.listener = (_request, response) => {
      const more = (): void => {
        while (response.write(' '.repeat(65_536)));
        response.once('drain', more);
      };
      more();
    };
    await expect(lookUpNip05(`weather@${domain.host}`)).rejects.toThrow(
      `more than ${limits.maxLookupBytes} bytes`,
    );
  });

  it('is not known where the domain is not there, or is not the one that the certificate names', async () => {
    const domain = await Domain.open();
    const patient: typeof fetch = (url, init) => fetch(url, { ...init, signal: null });
    await expect(lookUpNip05(`weather@${domain.host}`, patient)).rejects.toThrow(/self-signed certificate/);
    trustDomains();
    domain.listener = (_request, response) => response.writeHead(500).end();
    await expect(lookUpNip05(`weather@${domain.host}`)).rejects.toThrow('status 500');
    domain.listener = (_request, response) => response.end('<html>');
    await expect(lookUpNip05(`weather@${domain.host}`)).rejects.toThrow('no JSON');
    await domain.close();
    await expect(lookUpNip05(`weather@${domain.host}`)).rejects.toMatchObject({
      code: 'name_unreachable',
      exitCode: 4,
    });
  });
});
