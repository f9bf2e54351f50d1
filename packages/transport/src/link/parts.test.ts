import type { MessagePart } from '@mcp-nostr/core';
import { describe, expect, it } from 'vitest';

import { LinkViolation, type LostMessage, Parts } from './parts.ts';
import { UnfinishedMessages } from './unfinished.ts';

function make(maxBytes?: number) {
  const lost: LostMessage[] = [];
  const unfinished = new UnfinishedMessages(maxBytes);
  const parts = new Parts(unfinished, (message) => lost.push(message));
  const add = (chunk: string, more: Partial<MessagePart> = {}) =>
    parts.add({ message: 0, totalBytes: 10, sort: 'response', id: '7', ...more }, chunk);
  return { parts, add, lost, unfinished };
}

describe('parts', () => {
  it('make up their message with the last of them', () => {
    const { add, unfinished } = make();
    expect([add('äb'), add('cdef'), add('xyz')]).toEqual([undefined, undefined, 'äbcdefxyz']);
    expect(unfinished.bytes).toBe(0);
  });

  it('of different messages may be mixed', () => {
    const { add } = make();
    add('aaaaa');
    add('bbbbb', { message: 1 });
    expect([add('AAAAA'), add('BBBBB', { message: 1 })]).toEqual(['aaaaaAAAAA', 'bbbbbBBBBB']);
  });

  it('that are larger together than was declared break the rules', () => {
    const { add } = make();
    add('aaaaa');
    expect(() => add('aaaaaa')).toThrow(LinkViolation);
  });

  it('that declare another total than those before, or bring nothing, break the rules', () => {
    const { add } = make();
    add('aaaaa');
    expect(() => add('a', { totalBytes: 11 })).toThrow(/contradicts/);
    expect(() => make().add('')).toThrow(/contradicts/);
  });

  it('of a message above 10 MiB are refused by what is declared, before anything is kept', () => {
    const { add, unfinished } = make();
    expect(add('a', { totalBytes: 10_485_760 })).toBeUndefined();
    expect(() => add('a', { message: 1, totalBytes: 10_485_761 })).toThrow(/10485761 bytes/);
    expect(unfinished.bytes).toBe(1 + 64);
  });

  it('of more than 16 messages at the same time break the rules', () => {
    const { add } = make();
    for (let message = 0; message < 16; message++) add('a', { message });
    expect(() => add('a', { message: 16 })).toThrow(/more than 16/);
    add('a'.repeat(9), { message: 3 });
    expect(() => add('a', { message: 16 })).not.toThrow();
  });

  it('cost 64 bytes each beside their text, so that many small ones count too', () => {
    const { add, unfinished } = make();
    add('ä');
    add('b');
    expect(unfinished.bytes).toBe(3 + 2 * 64);
  });

  it('of an aborted message are freed, and its number may come again', () => {
    const { add, unfinished } = make();
    add('aaaaa');
    expect(add('', { sort: 'abort' })).toBeUndefined();
    expect(add('', { sort: 'abort', message: 9 })).toBeUndefined();
    expect(unfinished.bytes).toBe(0);
    expect(add('bbbbbbbbbb')).toBe('bbbbbbbbbb');
  });

  it('of messages that are too large together are thrown away for the largest, and its loss is told once', () => {
    const { add, lost, unfinished } = make(200);
    add('aaaaaa');
    add('bb', { message: 1 });
    add('bb', { message: 1 });
    expect(lost).toEqual([{ sort: 'response', id: '7', reason: expect.any(String) }]);
    expect(unfinished.bytes).toBe(70);
    // What is left of it is counted and thrown away.
    expect(add('bbbbbb', { message: 1 })).toBeUndefined();
    expect(unfinished.bytes).toBe(70);
    expect(add('aaaa')).toBe('aaaaaaaaaa');
    expect(lost).toHaveLength(1);
  });

  it('name what was lost by its sort, its id and the request that it belongs to', () => {
    const { add, lost } = make(1);
    add('a', { sort: 'notification' });
    expect(lost).toEqual([{ sort: 'notification', id: '7', reason: expect.stringContaining('try again') }]);
  });

  it('are all freed at the end', () => {
    const { parts, add, unfinished } = make();
    add('a');
    add('a', { message: 1 });
    parts.close();
    expect(unfinished.bytes).toBe(0);
  });
});
