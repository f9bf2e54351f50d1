import { describe, expect, it } from 'vitest';

import { parseMessage } from '../frame.ts';
import { TransferAssembly } from './transfer-assembly.ts';
import { formatTransferFrame, parseTransferFrame, type TransferFrame } from './transfer-frame.ts';
import { splitTwiceEscaped, transferFrames } from './transfer-split.ts';

const TEXTS = [
  'plain',
  '{"a":"\\"ü\\n"}',
  '\u0000\u0001\b\t\n\f\r\u001f\u007f\u0080\u07ff\u0800\uffff\u2028',
  'ü€🌍👩‍👩‍👧',
  '\ud800x\udc00',
  '\\'.repeat(50),
];
const HALF_A_PAIR = /\p{Surrogate}/u;
const message = JSON.stringify({
  jsonrpc: '2.0',
  id: 1,
  result: { text: TEXTS.slice(0, 4).join('').repeat(40) },
});

function twiceEscaped(text: string): number {
  return Buffer.byteLength(JSON.stringify(JSON.stringify(text).slice(1, -1))) - 2;
}

function assemble(frames: TransferFrame[], maxBytes = 1_000_000): string | undefined {
  const assembly = new TransferAssembly(maxBytes);
  let text: string | undefined;
  for (const frame of frames) text = assembly.add(frame) ?? text;
  return text;
}

/** Every order of a few things. */
function orders<T>(items: T[]): T[][] {
  if (items.length < 2) return [items];
  return items.flatMap((item, at) => orders(items.toSpliced(at, 1)).map((rest) => [item, ...rest]));
}

describe('a slice of a transfer', () => {
  it.each(TEXTS)('takes no more than asked for, escaped twice, and cuts no character: %j', (text) => {
    for (let maxBytes = 7; maxBytes <= 40; maxBytes++) {
      const slices = splitTwiceEscaped(text, maxBytes);
      expect(slices.join('')).toBe(text);
      for (const [index, slice] of slices.entries()) {
        expect(slice).not.toBe('');
        expect(twiceEscaped(slice)).toBeLessThanOrEqual(maxBytes);
        const [following = ''] = slices[index + 1] ?? '';
        if (following !== '') expect(twiceEscaped(slice + following)).toBeGreaterThan(maxBytes);
        if (!HALF_A_PAIR.test(text)) expect(slice).not.toMatch(HALF_A_PAIR);
      }
    }
  });

  it('is a character at least', () => {
    expect(splitTwiceEscaped('"🌍"', 1)).toEqual(['"', '🌍', '"']);
    expect(splitTwiceEscaped('', 1)).toEqual([]);
  });
});

describe('a frame of a transfer', () => {
  const digest = 'a'.repeat(64);
  const head = { token: '1', progress: 1 };

  it.each<TransferFrame>([
    { ...head, frameType: 'start', digest, totalBytes: 60_123, totalChunks: 6 },
    { ...head, frameType: 'accept' },
    { ...head, frameType: 'chunk', data: '{"method":"' },
    { ...head, frameType: 'end' },
    { ...head, frameType: 'abort', reason: 'stop' },
    { ...head, frameType: 'abort' },
  ])('says what it was made of: %j', (frame) => {
    const text = JSON.stringify(formatTransferFrame(frame));
    expect(parseTransferFrame(parseMessage(text))).toEqual(frame);
  });

  it('has the names of the wire', () => {
    const start = formatTransferFrame({ ...head, frameType: 'start', digest, totalBytes: 5, totalChunks: 1 });
    expect(start).toEqual({
      jsonrpc: '2.0',
      method: 'notifications/progress',
      params: {
        progressToken: '1',
        progress: 1,
        cvm: {
          type: 'oversized-transfer',
          frameType: 'start',
          completionMode: 'render',
          digest: `sha256:${digest}`,
          totalBytes: 5,
          totalChunks: 1,
        },
      },
    });
  });

  const frame = (cvm: object, params: object = {}) =>
    parseMessage(
      JSON.stringify({
        jsonrpc: '2.0',
        method: 'notifications/progress',
        params: { progressToken: 1, progress: 1, cvm: { type: 'oversized-transfer', ...cvm }, ...params },
      }),
    );
  const start = {
    frameType: 'start',
    completionMode: 'render',
    digest: `sha256:${digest}`,
    totalBytes: 1,
    totalChunks: 1,
  };

  it('has its token as a string, whatever it was', () => {
    expect(parseTransferFrame(frame({ frameType: 'end' }))).toEqual({ ...head, frameType: 'end' });
  });

  it.each([
    [frame({ type: 'open-stream', frameType: 'start' })],
    [frame({}, { cvm: undefined })],
    [frame({}, { cvm: ['oversized-transfer'] })],
    [parseMessage('{"jsonrpc":"2.0","method":"other","params":{"cvm":{"type":"oversized-transfer"}}}')],
    [parseMessage('{"jsonrpc":"2.0","id":1,"result":{"cvm":{"type":"oversized-transfer"}}}')],
  ])('is not every message: %j', (other) => {
    expect(parseTransferFrame(other)).toBeUndefined();
  });

  it.each([
    [frame({})],
    [frame({ frameType: 'other' })],
    [frame({ frameType: 'chunk' })],
    [frame({ frameType: 'chunk', data: 1 })],
    [frame({ frameType: 'end' }, { progress: -1 })],
    [frame({ frameType: 'end' }, { progress: 1.5 })],
    [frame({ frameType: 'end' }, { progress: '1' })],
    [frame({ frameType: 'end' }, { progressToken: null })],
    [frame({ frameType: 'end' }, { progressToken: 'a'.repeat(257) })],
    [frame({ ...start, completionMode: 'other' })],
    [frame({ ...start, digest })],
    [frame({ ...start, digest: `sha256:${digest.toUpperCase()}` })],
    [frame({ ...start, totalBytes: -1 })],
    [frame({ ...start, totalBytes: 2 ** 53 })],
    [frame({ ...start, totalChunks: 0 })],
    [frame({ ...start, totalChunks: 10_001 })],
  ])('is refused: %j', (malformed) => {
    expect(() => parseTransferFrame(malformed)).toThrow(expect.objectContaining({ code: 'bad_transfer' }));
  });
});

describe('the assembly of a transfer', () => {
  const frames = (options: { awaitsAccept?: boolean; text?: string; maxChunkBytes?: number } = {}) =>
    transferFrames(options.text ?? message, { token: '1', maxChunkBytes: 500, ...options });

  it.each([true, false])(
    'gives the message with its last frame (a number left to the accept: %s)',
    (awaitsAccept) => {
      const all = frames({ awaitsAccept });
      expect(all.length).toBeGreaterThan(5);
      expect(assemble(all.slice(0, -1))).toBeUndefined();
      expect(assemble(all)).toBe(message);
    },
  );

  it('takes the numbers that ContextVM has: 1, chunks from 2 or 3, the end behind them', () => {
    const numbers = (awaitsAccept: boolean) =>
      frames({ text: 'abc', maxChunkBytes: 1, awaitsAccept }).map(({ progress }) => progress);
    expect(numbers(false)).toEqual([1, 2, 3, 4, 5]);
    expect(numbers(true)).toEqual([1, 3, 4, 5, 6]);
  });

  it.each([true, false])('takes them in any order, each as often as it comes (%s)', (awaitsAccept) => {
    for (const order of orders(frames({ text: 'abc', maxChunkBytes: 1, awaitsAccept })))
      expect(assemble([...order.slice(0, -1), ...order])).toBe('abc');
  });

  it('does not mind an accept that came to the wrong side', () => {
    const [start, ...rest] = frames();
    expect(assemble([start!, { token: '1', progress: 2, frameType: 'accept' }, ...rest])).toBe(message);
  });

  const [start, one, two, end] = frames({ text: 'ab', maxChunkBytes: 1 }) as [
    TransferFrame & { frameType: 'start' },
    TransferFrame & { frameType: 'chunk' },
    TransferFrame & { frameType: 'chunk' },
    TransferFrame,
  ];

  it.each<[string, TransferFrame[]]>([
    ['another chunk under the same number', [start, one, { ...one, data: 'x' }]],
    ['another start', [start, { ...start, totalBytes: 3 }]],
    ['another end', [start, end, { ...end, progress: 9 }]],
    ['an end that is not above all chunks', [start, one, two, { ...end, progress: 3 }]],
    ['another text than its digest', [start, one, { ...two, data: 'x' }, end]],
    ['more bytes than declared', [start, one, { ...two, data: 'bb' }]],
    ['fewer bytes than declared', [{ ...start, totalBytes: 3 }, one, two, end]],
    ['more chunks than declared', [start, one, { ...two, data: '' }, { ...two, progress: 4, data: '' }]],
    ['a hole in its numbers', [start, one, { ...two, progress: 4 }, { ...end, progress: 5 }]],
    [
      'chunks that begin too late',
      [start, { ...one, progress: 4 }, { ...two, progress: 5 }, { ...end, progress: 6 }],
    ],
    ['its sender', [start, one, { token: '1', progress: 3, frameType: 'abort', reason: 'stop' }]],
  ])('fails for %s', (_, bad) => {
    expect(() => assemble(bad)).toThrow(expect.objectContaining({ code: 'bad_transfer' }));
    // And for nothing that came before.
    expect(assemble(bad.slice(0, -1))).toBeUndefined();
  });

  it('is bounded by what has come, whatever was declared', () => {
    expect(() => assemble([{ ...start, totalBytes: 11 }], 10)).toThrow(
      expect.objectContaining({ code: 'too_large' }),
    );
    const eleven = { ...one, data: 'a'.repeat(11) };
    expect(() => assemble([eleven], 10)).toThrow(expect.objectContaining({ code: 'too_large' }));
    const assembly = new TransferAssembly(1_000_000);
    const empty = { token: '1', frameType: 'chunk' as const, data: '' };
    const add = () => {
      for (let progress = 2; progress < 20_000; progress++) assembly.add({ ...empty, progress });
    };
    expect(add).toThrow(expect.objectContaining({ code: 'bad_transfer' }));
    expect(assembly.heldBytes).toBeGreaterThan(1_000_000);
  });
});
