import { describe, expect, it } from 'vitest';

import { formatLinkTag, type LinkTag, parseLinkTag } from './link-tag.ts';

const connection = '00112233445566778899aabbccddeeff';
const instance = '0123456789abcdef';

describe('the link tag', () => {
  it.each<LinkTag>([
    { connection, sequence: 0, acknowledged: 0, instance: '' },
    { connection, sequence: 123_456, acknowledged: 99, instance },
    { connection, acknowledged: 1, instance, control: 'ack', detail: 'a1' },
    { connection, acknowledged: 1, instance, control: 'reset', detail: 'unknown_connection' },
    { connection, sequence: 7, acknowledged: 1, instance, control: 'bye', detail: 'closed' },
    { connection, sequence: 7, acknowledged: 1, instance, detail: 'a1' },
    { connection, sequence: 7, acknowledged: 1, instance, detail: 'a1', held: [[2, 2]] },
    {
      connection,
      acknowledged: 1,
      instance,
      control: 'probe',
      detail: 'a1',
      held: [
        [2, 4],
        [6, 6],
        [8, 9],
      ],
    },
  ])('reads what it writes: %j', (link) => {
    expect(parseLinkTag([['p', 'x'], formatLinkTag(link)])).toEqual(link);
  });

  it.each([
    [[], /there is none/],
    [['link'], /connection/],
    [['link', connection.toUpperCase(), '0', '0', ''], /connection/],
    [['link', connection, '-1', '0', ''], /sequence/],
    [['link', connection, '01', '0', ''], /sequence/],
    [['link', connection, '9'.repeat(16), '0', ''], /sequence/],
    [['link', connection, '0', '', ''], /acknowledgement/],
    [['link', connection, '0', '0', 'xyz'], /instance/],
    [['link', connection, '', '0', '', 'dance'], /control/],
    [['link', connection, '', '0', ''], /go together/],
    [['link', connection, '0', '0', '', 'ack'], /go together/],
    [['link', connection, '', '0', '', 'bye'], /go together/],
    [['link', connection, '0', '0', '', '', '', '0'], /held ranges/],
    [['link', connection, '0', '3', '', '', '', '3'], /held ranges/],
    [['link', connection, '0', '0', '', '', '', '5-4'], /held ranges/],
    [['link', connection, '0', '0', '', '', '', '2-4,5'], /held ranges/],
    [['link', connection, '0', '0', '', '', '', '2-4,3'], /held ranges/],
    [['link', connection, '0', '0', '', '', '', '6,2'], /held ranges/],
    [['link', connection, '0', '0', '', '', '', '2,'], /held range/],
    [['link', connection, '0', '0', '', '', '', 'x'], /held range/],
    [
      ['link', connection, '0', '0', '', '', '', '2,4,6,8,10,12,14,16,18,20,22,24,26,28,30,32,34'],
      /more than 16/,
    ],
  ])('refuses %j', (tag, reason) => {
    expect(() => parseLinkTag([tag])).toThrow(reason);
    expect(() => parseLinkTag([tag])).toThrow(expect.objectContaining({ code: 'bad_link' }));
  });

  it('takes ranges that are ascending with a gap between, 16 at most', () => {
    const held = Array.from({ length: 16 }, (_, n): [number, number] => [2 * n + 2, 2 * n + 2]);
    const tag = formatLinkTag({ connection, sequence: 0, acknowledged: 1, instance, held });
    expect(parseLinkTag([tag]).held).toEqual(held);
    expect(parseLinkTag([['link', connection, '0', '3', '', '', '', '4']]).held).toEqual([[4, 4]]);
    expect(parseLinkTag([['link', connection, '0', '0', '', '', '', '2-4,6']]).held).toEqual([
      [2, 4],
      [6, 6],
    ]);
  });

  it('ignores what a later version appends', () => {
    const link = { connection, sequence: 4, acknowledged: 2, instance };
    expect(parseLinkTag([['link', connection, '4', '2', instance, '', '', '', 'more']])).toEqual(link);
  });

  it('cuts a reason that is too long to show', () => {
    const tag = ['link', connection, '', '0', '', 'refuse', 'x'.repeat(10_000)];
    expect(parseLinkTag([tag]).detail).toHaveLength(200);
  });
});
