import { allowOnly } from '@mcp-nostr/core/filter';
import { describe, expect, it } from 'vitest';

import { ListNews } from './list-news.ts';

const none: [] = [];
const some = [{ tool: allowOnly(['a']), prompt: allowOnly([]) }];

function initialized(capabilities: unknown): ListNews {
  const news = new ListNews();
  news.heard({ jsonrpc: '2.0', id: 0, result: { protocolVersion: '2025-11-25', capabilities } });
  return news;
}

describe('ListNews', () => {
  it('is for a client of the old era what its server tells every client of', () => {
    const news = initialized({ tools: { listChanged: true }, prompts: {}, resources: { listChanged: true } });
    expect(news.of(none, some, [])).toEqual([{ jsonrpc: '2.0', method: 'notifications/tools/list_changed' }]);
    expect(news.of(some, some, [])).toEqual([]);
    expect(news.of(some, [{ tool: allowOnly(['a']), prompt: allowOnly([]) }], [])).toEqual([]);
    // Of a grant that has patterns for nothing.
    expect(news.of(some, [...some, {}], [])).toEqual([]);
    expect(news.of(some, none, [])).toHaveLength(1);
  });

  it('is for a client of the new era what it listens for, and names that', () => {
    const listens = [
      ['l1', { notifications: { toolsListChanged: true } }],
      ['l2', { notifications: { promptsListChanged: true, toolsListChanged: false } }],
      ['l3', undefined],
    ] as const;
    expect(new ListNews().of(none, some, listens)).toEqual([
      {
        jsonrpc: '2.0',
        method: 'notifications/tools/list_changed',
        params: { _meta: { 'io.modelcontextprotocol/subscriptionId': 'l1' } },
      },
      {
        jsonrpc: '2.0',
        method: 'notifications/prompts/list_changed',
        params: { _meta: { 'io.modelcontextprotocol/subscriptionId': 'l2' } },
      },
    ]);
  });

  it('is nothing where a server says nothing that can be read', () => {
    for (const capabilities of [undefined, null, 'tools', { tools: true }, { tools: { listChanged: 'yes' } }])
      expect(initialized(capabilities).of(none, some, [])).toEqual([]);
  });
});
