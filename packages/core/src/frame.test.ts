import { describe, expect, it } from 'vitest';

import {
  decodeFrame,
  encodeFrame,
  formatMessages,
  LINK_ONLY,
  type Frame,
  parseMessage,
  splitMessages,
} from './frame.ts';

const connection = '00112233445566778899aabbccddeeff';
const instance = '0123456789abcdef';
const link = { connection, sequence: 4, acknowledged: 2, instance };
const event = 'e'.repeat(64);

describe('a message', () => {
  it('may have 256 levels, and a deeper one is refused before it is read', () => {
    const nested = (levels: number): string =>
      `{"jsonrpc":"2.0","method":"a","params":{"a":${'['.repeat(levels - 2)}${']'.repeat(levels - 2)}}}`;
    expect(parseMessage(nested(256))).toMatchObject({ method: 'a' });
    for (const levels of [257, 100_000])
      expect(() => parseMessage(nested(levels))).toThrow(expect.objectContaining({ code: 'bad_json' }));
  });
});

describe('a frame', () => {
  it.each<Frame>([
    { link, content: '' },
    { link, content: '{"jsonrpc":"2.0","method":"a"}\n{"jsonrpc":"2.0","method":"b"}' },
    { link, content: 'x', requestEvent: event, relations: ['7', '', '"id"'] },
    { link, content: 'x', part: { message: 3, totalBytes: 100_000, sort: 'request', id: '"a"' } },
    { link, content: 'x', part: { message: 0, totalBytes: 1, sort: 'notification' } },
    { link, content: '', part: { message: 3, totalBytes: 0, sort: 'abort' } },
    { link, content: '', grant: '{"id":"g"}', invite: 'code' },
    { link, content: '', successor: '{"id":"s"}' },
  ])('says what it was made of: %j', (frame) => {
    expect(decodeFrame(encodeFrame(frame, 'p'.repeat(64), 1))).toEqual(frame);
  });

  it('is an event of kind 25910 with one recipient, stamped as told', () => {
    const template = encodeFrame({ link, content: 'x', requestEvent: event }, 'p', 1_700_000_000);
    expect(template).toEqual({
      kind: 25_910,
      created_at: 1_700_000_000,
      tags: [
        ['p', 'p'],
        ['e', event],
        ['link', connection, '4', '2', instance],
      ],
      content: 'x',
    });
  });

  it('counts the first of two tags, and ignores those that it does not know', () => {
    const tags = [
      ['link', connection, '4', '2', instance],
      ['for', 'first'],
      ['for', 'second'],
      ['part', '1', '2', 'request'],
      ['part', '3', '4', 'nonsense'],
      ['other', 'x'],
    ];
    expect(decodeFrame({ tags: tags.slice(0, 4), content: '' })).toEqual({
      link,
      content: '',
      relations: ['first'],
      part: { message: 1, totalBytes: 2, sort: 'request' },
    });
    expect(decodeFrame({ tags, content: '' }).part?.message).toBe(1);
  });

  it.each([
    [['part', '1', '2', 'dance'], /part is of a "dance"/],
    [['part', '1', '2'], /part is of a ""/],
    [['part', '-1', '2', 'abort'], /message number/],
    [['part', '1', '1e6', 'abort'], /total/],
    [['part'], /part is of a/],
  ])('with the tag %j is refused', (tag, reason) => {
    const tags = [['link', connection, '4', '2', instance], tag];
    expect(() => decodeFrame({ tags, content: '' })).toThrow(reason);
    expect(() => decodeFrame({ tags, content: '' })).toThrow(expect.objectContaining({ code: 'bad_link' }));
  });
});

describe('messages', () => {
  it('stand one per line, whatever line breaks they carry inside', () => {
    const messages = [
      { jsonrpc: '2.0' as const, method: 'a', params: { text: 'two\nlines\r\n\u2028' } },
      { jsonrpc: '2.0' as const, id: 'x', result: {} },
    ];
    const lines = splitMessages(formatMessages(messages));
    expect(lines).toHaveLength(2);
    expect(lines.map(parseMessage)).toEqual(messages);
    expect(splitMessages(formatMessages([]))).toEqual([]);
    expect(splitMessages(`${LINK_ONLY}${formatMessages(messages)}`)).toEqual(lines);
    expect(splitMessages(LINK_ONLY)).toEqual([]);
  });

  it('that are no JSON, or no JSON-RPC, are told apart', () => {
    expect(() => parseMessage('{')).toThrow(expect.objectContaining({ code: 'bad_json' }));
    expect(() => parseMessage('[]')).toThrow(expect.objectContaining({ code: 'bad_json_rpc' }));
  });
});
