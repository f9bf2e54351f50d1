import { contextvmLimits } from '@mcp-nostr/core/contextvm';
import { expect, it } from 'vitest';

import { paidByPerson } from './pay.ts';

it('shows the longest thing to pay whole', async () => {
  const lines: string[] = [];
  const { onrequired } = paidByPerson((line) => lines.push(line));
  const payRequest = 'x'.repeat(contextvmLimits.maxPayRequestLength);
  const how = { signal: new AbortController().signal } as Parameters<typeof onrequired>[1];
  await onrequired({ amount: 1, pmi: 'a', payRequest }, how);
  expect(lines).toEqual(['to be paid: 1 by a', payRequest]);
});
