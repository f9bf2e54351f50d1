import { describe, expect, it } from 'vitest';

import type { Incident } from './evidence.ts';
import { Tap } from './tap.ts';

function watch(): { tap: Tap; incidents: Incident[] } {
  const incidents: Incident[] = [];
  const tap = new Tap('c0', (incident) => incidents.push(incident));
  tap.onsend({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { arguments: { id: 'a' } } });
  return { tap, incidents };
}

function progress(tap: Tap, step: number, message = 'a', progressToken = 1): void {
  const params = { progressToken, progress: step, message };
  tap.onreceive({ jsonrpc: '2.0', method: 'notifications/progress', params });
}

function answer(tap: Tap, id = 1): void {
  tap.onreceive({ jsonrpc: '2.0', id, result: {} });
}

describe('what is noticed between the SDK and the transport', () => {
  it('is nothing when progress comes before its answer and in order', () => {
    const { tap, incidents } = watch();
    progress(tap, 1);
    progress(tap, 2);
    answer(tap);
    expect(incidents).toEqual([]);
  });

  it('is a second answer', () => {
    const { tap, incidents } = watch();
    answer(tap);
    answer(tap);
    expect(incidents).toEqual([{ kind: 'second answer', who: 'c0', text: 'call a' }]);
  });

  it('is progress after the answer', () => {
    const { tap, incidents } = watch();
    answer(tap);
    progress(tap, 1);
    expect(incidents).toEqual([{ kind: 'progress after the answer', who: 'c0', text: 'call a' }]);
  });

  it('is progress that comes twice, or is that of another call', () => {
    const { tap, incidents } = watch();
    progress(tap, 1);
    progress(tap, 1);
    progress(tap, 2, 'b');
    expect(incidents.map(({ kind, text }) => `${kind}: ${text}`)).toEqual([
      'wrong progress: call a: 1 after 1',
      'wrong progress: call a got that of b',
    ]);
  });

  it('is what belongs to nothing that was sent', () => {
    const { tap, incidents } = watch();
    answer(tap, 7);
    progress(tap, 1, 'a', 8);
    expect(incidents.map(({ kind }) => kind)).toEqual(['stray message', 'stray message']);
  });
});
