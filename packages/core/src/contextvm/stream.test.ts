import { describe, expect, it } from 'vitest';

import { parseMessage } from '../frame.ts';
import { StreamAssembly } from './stream-assembly.ts';
import {
  formatStreamFrame,
  parseStreamFrame,
  type StreamChunk,
  type StreamClose,
  type StreamFrame,
  StreamNumbering,
} from './stream-frame.ts';

const head = { token: '1', progress: 1 };
const chunk = (chunkIndex: number, data = String(chunkIndex)): StreamChunk => ({
  ...head,
  frameType: 'chunk',
  chunkIndex,
  data,
});
const close = (lastChunkIndex?: number): StreamClose => ({ ...head, frameType: 'close', lastChunkIndex });

function assemble(frames: (StreamChunk | StreamClose)[]): { data: string; isComplete: boolean } {
  const assembly = new StreamAssembly();
  const data = frames.flatMap((frame) => assembly.add(frame)).join('');
  return { data, isComplete: assembly.isComplete };
}

function orders<T>(items: T[]): T[][] {
  if (items.length < 2) return [items];
  return items.flatMap((item, at) => orders(items.toSpliced(at, 1)).map((rest) => [item, ...rest]));
}

describe('a frame of a stream', () => {
  it.each<StreamFrame>([
    { ...head, frameType: 'start' },
    { ...head, frameType: 'start', contentType: 'text/plain' },
    { ...head, frameType: 'accept' },
    chunk(0, 'chunk-0 '),
    { ...head, frameType: 'ping', nonce: '1:1' },
    { ...head, frameType: 'pong', nonce: '1:1' },
    close(2),
    close(),
    { ...head, frameType: 'abort', reason: 'Probe timeout' },
    { ...head, frameType: 'abort' },
  ])('says what it was made of: %j', (frame) => {
    expect(parseStreamFrame(parseMessage(JSON.stringify(formatStreamFrame(frame))))).toEqual(frame);
  });

  const frame = (cvm: object, params: object = {}) =>
    parseMessage(
      JSON.stringify({
        jsonrpc: '2.0',
        method: 'notifications/progress',
        params: { progressToken: 1, progress: 1, cvm: { type: 'open-stream', ...cvm }, ...params },
      }),
    );

  it('is no frame of a transfer, and not progress of another sort', () => {
    expect(parseStreamFrame(frame({ type: 'oversized-transfer', frameType: 'end' }))).toBeUndefined();
    expect(parseStreamFrame(frame({}, { cvm: undefined }))).toBeUndefined();
  });

  it.each([
    [frame({})],
    [frame({ frameType: 'end' })],
    [frame({ frameType: 'chunk', data: 'x' })],
    [frame({ frameType: 'chunk', chunkIndex: -1, data: 'x' })],
    [frame({ frameType: 'chunk', chunkIndex: '0', data: 'x' })],
    [frame({ frameType: 'chunk', chunkIndex: 0 })],
    [frame({ frameType: 'ping' })],
    [frame({ frameType: 'pong', nonce: 'n'.repeat(1_025) })],
    [frame({ frameType: 'close', lastChunkIndex: 0.5 })],
    [frame({ frameType: 'close', lastChunkIndex: null })],
    [frame({ frameType: 'start' }, { progressToken: {} })],
    [frame({ frameType: 'start' }, { progress: Number.MAX_SAFE_INTEGER + 1 })],
  ])('is refused: %j', (malformed) => {
    expect(() => parseStreamFrame(malformed)).toThrow(expect.objectContaining({ code: 'bad_stream' }));
  });
});

describe('the numbers of a stream', () => {
  it('are one for each frame, and another for each chunk', () => {
    const numbering = new StreamNumbering('7');
    const frames = [
      numbering.number({ frameType: 'start' }),
      numbering.number({ frameType: 'chunk', data: 'a' }),
      numbering.number({ frameType: 'ping', nonce: 'n' }),
      numbering.number({ frameType: 'chunk', data: 'b' }),
      numbering.number({ frameType: 'close' }),
    ];
    expect(frames).toEqual([
      { token: '7', progress: 1, frameType: 'start' },
      { token: '7', progress: 2, frameType: 'chunk', chunkIndex: 0, data: 'a' },
      { token: '7', progress: 3, frameType: 'ping', nonce: 'n' },
      { token: '7', progress: 4, frameType: 'chunk', chunkIndex: 1, data: 'b' },
      { token: '7', progress: 5, frameType: 'close', lastChunkIndex: 1 },
    ]);
    expect(new StreamNumbering('7').number({ frameType: 'close' })).toEqual({
      token: '7',
      progress: 1,
      frameType: 'close',
    });
  });

  it('take the place of those that a frame had', () => {
    const numbering = new StreamNumbering('outer');
    const inner: StreamFrame[] = [chunk(9), close(9)];
    const outer = inner.map((frame) => numbering.number(frame));
    expect(outer).toEqual([
      { ...chunk(0, '9'), token: 'outer' },
      { ...close(0), token: 'outer', progress: 2 },
    ]);
  });
});

describe('the assembly of a stream', () => {
  it('gives what is next, as soon as it is there', () => {
    const assembly = new StreamAssembly();
    expect(assembly.add(chunk(0))).toEqual(['0']);
    expect(assembly.add(chunk(2))).toEqual([]);
    expect(assembly.heldBytes).toBeGreaterThan(0);
    expect(assembly.add(chunk(1))).toEqual(['1', '2']);
    expect(assembly.heldBytes).toBe(0);
    expect(assembly.isComplete).toBe(false);
    expect(assembly.add(close(2))).toEqual([]);
    expect(assembly.isComplete).toBe(true);
  });

  it('takes frames in any order, each as often as it comes', () => {
    for (const order of orders([chunk(0), chunk(1), chunk(2), chunk(3), close(3)]))
      expect(assemble([...order.slice(0, -1), ...order])).toEqual({ data: '0123', isComplete: true });
  });

  it('is complete without a chunk where its close names none', () => {
    expect(assemble([close()])).toEqual({ data: '', isComplete: true });
    expect(assemble([chunk(0), close()])).toEqual({ data: '0', isComplete: true });
  });

  it.each<[string, (StreamChunk | StreamClose)[]]>([
    ['another chunk under the same index', [chunk(1), chunk(1, 'x')]],
    ['a chunk behind its close', [chunk(0), close(0), chunk(1)]],
    ['a close before its last chunk', [chunk(0), chunk(1), close(0)]],
    ['a close before a chunk that waits', [chunk(2), close(0)]],
    ['another close', [close(1), close(2)]],
    ['more chunks than a relay mixes up', Array.from({ length: 65 }, (_, index) => chunk(index + 1))],
    ['more bytes than it holds', [chunk(1, 'x'.repeat(524_288)), chunk(2)]],
  ])('fails for %s', (_, bad) => {
    expect(() => assemble(bad)).toThrow(expect.objectContaining({ code: 'bad_stream' }));
    // And for nothing that came before.
    expect(() => assemble(bad.slice(0, -1))).not.toThrow();
  });
});
