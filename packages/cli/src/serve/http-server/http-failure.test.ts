import { describe, expect, it } from 'vitest';

import { networkFailure, statusFailure, toAnswer } from './http-failure.ts';

/** As fetch fails: with the reason as its cause. */
function fetchError(cause: object): Error {
  return new TypeError('fetch failed', { cause: Object.assign(new Error('192.0.2.1:443 said no'), cause) });
}

describe('a failure of the network', () => {
  it.each([
    [{ code: 'ECONNREFUSED', syscall: 'connect' }, /reached \(ECONNREFUSED\); nothing was executed/],
    [{ code: 'ENOTFOUND', syscall: 'getaddrinfo' }, /reached \(ENOTFOUND\); nothing was executed/],
    [{ code: 'UND_ERR_CONNECT_TIMEOUT' }, /nothing was executed/],
    [{ code: 'ECONNRESET', syscall: 'read' }, /executed or not/],
    [{ code: 'ETIMEDOUT', syscall: 'read' }, /executed or not/],
    [{ code: 'UND_ERR_SOCKET' }, /executed or not/],
    [{ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' }, /trusted.*NODE_EXTRA_CA_CERTS/],
    [{ code: 'ERR_TLS_CERT_ALTNAME_INVALID' }, /trusted/],
  ])('says what can have become of the request, and no address: %j', (cause, message) => {
    const failure = networkFailure(fetchError(cause));
    expect(failure.message).toMatch(message);
    expect(failure.message).not.toContain('192.0.2.1');
    expect(failure.detail).toContain('192.0.2.1');
    expect(toAnswer(1, failure)).toMatchObject({
      id: 1,
      error: { code: -31_007, data: { code: 'server_failed' } },
    });
  });

  it('of a name with several addresses is one', () => {
    const all = Object.assign(new AggregateError([new Error('one'), new Error('two')]), {
      code: 'ECONNREFUSED',
    });
    expect(networkFailure(new TypeError('fetch failed', { cause: all })).message).toMatch(
      /nothing was executed/,
    );
  });
});

describe('a status', () => {
  it.each([
    [413, -31_004],
    [429, -31_006],
    [503, -31_006],
    [502, -31_007],
  ])('%i is the failure %i', (status, code) => {
    expect(toAnswer('a', statusFailure(status, { body: '' }))).toMatchObject({ id: 'a', error: { code } });
  });

  it('repeats no header that is no time', () => {
    const { message } = statusFailure(429, { body: '', retryAfter: '<script>' });
    expect(message).toMatch(/try again later$/);
    expect(statusFailure(503, { body: '', retryAfter: 'Sat, 21 Nov 2026 12:00:00 GMT' }).message).toMatch(
      /GMT$/,
    );
  });
});
