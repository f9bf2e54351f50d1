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
    {
      connection,
      sequence: 7,
      acknowledged: 1,
      instance,
      held: [
        [2, 2],
        [4, 9],
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
    [['link', connection, '0', '3', '', '', '', 'x'], /held range/],
    [['link', connection, '0', '3', '', '', '', '3'], /held ranges/],
    [['link', connection, '0', '3', '', '', '', '7-5'], /held ranges/],
    [['link', connection, '0', '3', '', '', '', '5-7,8'], /held ranges/],
  ])('refuses %j', (tag, reason) => {
    expect(() => parseLinkTag([tag])).toThrow(reason);
    expect(() => parseLinkTag([tag])).toThrow(expect.objectContaining({ code: 'bad_link' }));
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
