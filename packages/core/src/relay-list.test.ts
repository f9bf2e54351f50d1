import { describe, expect, it } from 'vitest';

import { readRelayList, relayListTemplate } from './relay-list.ts';

describe('a relay list', () => {
  it('is read as it was made', () => {
    const template = relayListTemplate(['wss://one.example', 'ws://127.0.0.1:1'], 7);
    expect(template).toMatchObject({ kind: 10_002, created_at: 7, content: '' });
    expect(readRelayList(template.tags)).toEqual(['wss://one.example', 'ws://127.0.0.1:1']);
  });

  it('names each relay once that its key reads, in one spelling; what is no URL is left out', () => {
    const tags = [
      ['r', 'WSS://One.Example/', 'read'],
      ['r', 'wss://one.example', ''],
      ['r', 'wss://two.example', 'write'],
      ['r', 'https://three.example'],
      ['r'],
      ['relay', 'wss://four.example'],
    ];
    expect(readRelayList(tags)).toEqual(['wss://one.example']);
  });
});
