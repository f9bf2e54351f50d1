import { describe, expect, it } from 'vitest';

import { DEFAULT_PORT, listeningOptions } from './http-options.ts';

describe('--http, --sse and --ws', () => {
  it('share the port that one of them names, or the usual one', () => {
    expect(listeningOptions({})).toBeUndefined();
    expect(listeningOptions({ ws: true })).toEqual({ ways: ['ws'], port: DEFAULT_PORT });
    expect(listeningOptions({ ws: 0 })).toEqual({ ways: ['ws'], port: 0 });
    expect(listeningOptions({ ws: true, sse: 81, http: true })).toEqual({
      ways: ['http', 'sse', 'ws'],
      port: 81,
    });
    expect(listeningOptions({ http: 82, sse: 82 })).toEqual({ ways: ['http', 'sse'], port: 82 });
  });

  it('name one port alone', () => {
    expect(() => listeningOptions({ http: 1, ws: 2 })).toThrow('--http and --ws share one port');
  });
});
