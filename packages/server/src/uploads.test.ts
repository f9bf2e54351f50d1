import type { Unfinished } from '@mcp-nostr/transport';
import { describe, expect, it } from 'vitest';

import { Uploads } from './uploads.ts';

function make(...names: string[]): { gone: string[]; all: Uploads; messages: Unfinished[] } {
  const gone: string[] = [];
  const messages = names.map((name) => ({ bytes: 0, giveUp: () => void gone.push(name) }));
  return { gone, all: new Uploads(100), messages };
}

describe('uploads', () => {
  it('of strangers go first, however small, and then the largest of the others', () => {
    const { gone, all, messages } = make('one', 'other', 'upload');
    const [one, other, upload] = messages as [Unfinished, Unfinished, Unfinished];
    const [stranger, known] = [all.of(() => false), all.of(() => true)];
    stranger.grow(one, 40);
    stranger.grow(other, 10);
    known.grow(upload, 50);
    expect(gone).toEqual([]);
    known.grow(upload, 1);
    expect([gone, all.bytes]).toEqual([['one'], 61]);
    known.grow(upload, 40);
    expect([gone, all.bytes]).toEqual([['one', 'other'], 91]);
    known.grow(upload, 10);
    expect([gone, all.bytes]).toEqual([['one', 'other', 'upload'], 0]);
  });

  it('of one sort lose the largest, of equal ones the one that grows', () => {
    const { gone, all, messages } = make('small', 'large', 'latest');
    const [small, large, latest] = messages as [Unfinished, Unfinished, Unfinished];
    const connection = all.of(() => false);
    connection.grow(small, 20);
    connection.grow(large, 40);
    connection.grow(latest, 40);
    connection.grow(small, 1);
    expect(gone).toEqual(['large']);
    connection.grow(small, 39);
    expect([gone, all.bytes]).toEqual([['large'], 100]);
    connection.grow(latest, 20);
    expect([gone, all.bytes]).toEqual([['large', 'latest'], 60]);
  });

  it('are of those as whom they began, although their sender is known meanwhile; finished ones count no more', () => {
    const { gone, all, messages } = make('one', 'other');
    const [one, other] = messages as [Unfinished, Unfinished];
    let isKnown = false;
    const connection = all.of(() => isKnown);
    connection.grow(one, 10);
    isKnown = true;
    connection.grow(one, 10);
    connection.grow(other, 81);
    expect([gone, all.bytes]).toEqual([['one'], 81]);
    connection.remove(other);
    connection.remove(other);
    expect(all.bytes).toBe(0);
  });
});
