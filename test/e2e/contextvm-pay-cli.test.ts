import { formatAddress } from '@mcp-nostr/core';
import { afterEach, describe, expect, it, vi } from 'vitest';

import { BareServer, type Heard } from '../helpers/bare-server.ts';
import { runMain, temporaryHome } from '../helpers/cli-in-process.ts';

const invoice = {
  amount: 21,
  pay_req: 'lnbc21',
  pmi: 'bitcoin-lightning-bolt11',
  description: 'one\u001b[2Jcall',
  ttl: 600,
};
const tools = [{ name: 'dear', inputSchema: { type: 'object' } }];

/** A server whose tool is to be paid for, however it asks for that. */
async function openShop(ask: (server: BareServer, heard: Heard) => Record<string, unknown> | undefined) {
  const server = await BareServer.open();
  server.onrequest = ({ method }, heard) => {
    if (method === 'tools/list') return { result: { tools } };
    const error = ask(server, heard);
    if (error !== undefined) return { error };
    const paid = { amount: 21, pmi: invoice.pmi };
    server.say(heard, { method: 'notifications/payment_accepted', params: paid });
    return { result: { content: [{ type: 'text', text: 'worth it' }] } };
  };
  const address = formatAddress({ pubkey: server.pubkey, relays: [server.url] });
  return (...more: string[]) => runMain(['call', address, 'dear', ...more]);
}

const waiting = (server: BareServer, heard: Heard): undefined => {
  server.say(heard, { method: 'notifications/payment_required', params: invoice });
};
const gated = () => ({ code: -32_042, message: 'Payment Required', data: { payment_options: [invoice] } });

afterEach(() => void vi.unstubAllEnvs());

describe('call, of a tool that is to be paid for,', () => {
  it.each([
    ['waits', waiting],
    ['does not', gated],
  ])('says what the server wants and that nothing was executed, where that %s', async (_, ask) => {
    temporaryHome();
    const call = await openShop(ask);
    const sum = 'it wants 21 by bitcoin-lightning-bolt11 (one[2Jcall) first';
    const { exitCode, stdout, stderr } = await call();
    expect(stderr).toContain(`error: the server has not executed the request: ${sum}`);
    expect(stderr).toContain('--pay');
    expect(stderr).not.toContain('lnbc21');
    expect([exitCode, stdout]).toEqual([8, '']);
    const { stderr: line } = await call('--json');
    expect(JSON.parse(line)).toMatchObject({ error: { code: 'payment_required' } });
  });

  it('shows with --pay what is to be paid, and prints the result once it is', async () => {
    temporaryHome();
    const call = await openShop(waiting);
    const { exitCode, stdout, stderr } = await call('--pay');
    expect(stderr).toContain(
      'to be paid: 21 by bitcoin-lightning-bolt11 (one[2Jcall), within 10 min 0 s\nlnbc21\n',
    );
    expect(stderr).toContain('the server has the payment\n');
    expect([exitCode, stdout]).toEqual([0, 'worth it\n']);
  });
});
