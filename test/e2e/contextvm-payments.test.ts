import { type PaymentOptions, type PaymentRequest, readPaymentError } from '@mcp-nostr/client';
import { generateSecretKey, getPublicKey, isRecord } from '@mcp-nostr/core';
import { startRelay } from '@mcp-nostr/relay';
import { NostrServerTransport } from '@contextvm/sdk/transport';
import { type PaymentProcessor, withServerPayments } from '@contextvm/sdk/payments';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { NostrClientTransport } from '@mcp-nostr/client';
import { describe, expect, it, onTestFinished, vi } from 'vitest';

import { BareServer, type Heard } from '../helpers/bare-server.ts';
import { RawClient } from '../helpers/raw-client.ts';
import { Recorder } from '../helpers/recorder.ts';

// Theirs logs what it is paid, to stderr.
vi.hoisted(() => {
  process.env['LOG_ENABLED'] = 'false';
});

const invoice = {
  amount: 21,
  pay_req: 'lnbc21',
  pmi: 'bitcoin-lightning-bolt11',
  description: 'one call',
  ttl: 600,
};
const paidResult = { content: [{ type: 'text', text: 'paid' }] };

/** Our client at that server. */
async function connect(
  { pubkey, url }: { pubkey: string; url: string },
  payments?: PaymentOptions,
): Promise<Client> {
  const client = new Client({ name: 'payer', version: '1' });
  onTestFinished(() => client.close());
  await client.connect(new NostrClientTransport({ server: pubkey, relays: [url], payments }));
  return client;
}

/** Why a call failed. */
async function failureOf(call: Promise<unknown>): Promise<Record<string, unknown>> {
  const error: unknown = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!isRecord(error)) throw new Error('the call did not fail');
  return error;
}

function payer(pay: (payment: PaymentRequest) => void | Promise<void> = () => {}) {
  const asked = new Recorder<PaymentRequest>('a payment request');
  const outcomes: string[] = [];
  const payments: PaymentOptions = {
    pmis: ['bitcoin-lightning-bolt11', 'fake'],
    onrequired: async (payment) => {
      asked.add(payment);
      await pay(payment);
    },
    onsettled: ({ outcome, reason = '' }) => outcomes.push(`${outcome}${reason}`),
  };
  return { payments, asked, outcomes };
}

describe('a server of ContextVM that wants to be paid while a request waits', () => {
  const asking = (server: BareServer, heard: Heard): void => {
    server.say(heard, { method: 'notifications/payment_required', params: invoice });
  };

  it('is paid once, though it asks twice, and its answer arrives', async () => {
    const server = await BareServer.open();
    const paid = new Recorder<string>('a payment');
    const { payments, asked, outcomes } = payer(({ payRequest }) => paid.add(payRequest));
    server.onrequest = async (_, heard) => {
      asking(server, heard);
      asking(server, heard);
      await paid.first();
      server.say(heard, {
        method: 'notifications/payment_accepted',
        params: { amount: 21, pmi: invoice.pmi },
      });
      return { result: paidResult };
    };
    const client = await connect(server, payments);
    const progress: unknown[] = [];
    const call = client.callTool({ name: 'dear' }, undefined, { onprogress: (each) => progress.push(each) });
    expect(await call).toEqual(paidResult);
    expect(paid.items).toEqual(['lnbc21']);
    expect(asked.items).toEqual([
      {
        amount: 21,
        pmi: 'bitcoin-lightning-bolt11',
        payRequest: 'lnbc21',
        description: 'one call',
        ttlSeconds: 600,
      },
    ]);
    expect(outcomes).toEqual(['accepted']);
    expect(progress).toEqual([
      { progress: 0.001, message: 'waiting for the payment of 21 by bitcoin-lightning-bolt11' },
    ]);
    // How it can be paid is said with each request.
    const pmis = server
      .requests('tools/call')
      .map(({ event }) => event.tags.filter(([name]) => name === 'pmi'));
    expect(pmis).toEqual([
      [
        ['pmi', 'bitcoin-lightning-bolt11'],
        ['pmi', 'fake'],
      ],
    ]);
  });

  it('is paid also where that is the first thing that it says, and how it can be paid was the first thing it heard', async () => {
    const server = await BareServer.open();
    const paid = new Recorder<string>('a payment');
    server.onrequest = async (_, heard) => {
      asking(server, heard);
      await paid.first();
      return { result: { contents: [] } };
    };
    const { payments } = payer(({ payRequest }) => paid.add(payRequest));
    const { pubkey, url } = server;
    const client = new RawClient(new NostrClientTransport({ server: pubkey, relays: [url], payments }));
    onTestFinished(() => client.close());
    await client.start();
    const answer = await client.request('first', 'resources/read', { uri: 'paid://one' });
    expect(answer).toMatchObject({ id: 'first', result: { contents: [] } });
    expect(paid.items).toEqual(['lnbc21']);
    const [first] = server.heard.items;
    expect(first?.event.tags).toContainEqual(['pmi', 'bitcoin-lightning-bolt11']);
  });

  it('has the call fail at once where nobody pays, with what to pay', async () => {
    const server = await BareServer.open();
    server.onrequest = (_, heard) => {
      asking(server, heard);
      return undefined;
    };
    const client = await connect(server);
    const error = await failureOf(client.callTool({ name: 'dear' }));
    expect(error).toMatchObject({ data: { code: 'payment_required', payment: invoice } });
    expect(readPaymentError(error)).toMatchObject({ type: 'required', options: [{ payRequest: 'lnbc21' }] });
  });

  it('ends the call by rejecting the payment, in its own words', async () => {
    const server = await BareServer.open();
    server.onrequest = (_, heard) => {
      const params = { amount: 21, pmi: invoice.pmi, message: 'not today' };
      server.say(heard, { method: 'notifications/payment_rejected', params });
      return undefined;
    };
    const { payments, outcomes } = payer();
    const client = await connect(server, payments);
    const error = await failureOf(client.callTool({ name: 'dear' }));
    expect(error).toMatchObject({ data: { code: 'payment_rejected' } });
    expect(String(error['message'])).toMatch(/not today$/);
    expect(outcomes).toEqual(['rejectednot today']);
  });
});

describe('a server of ContextVM that answers with what to pay', () => {
  it('is sent the request again when it is paid, as another event', async () => {
    const server = await BareServer.open();
    const events = new Set<string>();
    server.onrequest = (request, { event }) => {
      expect(request.params).toMatchObject({ name: 'dear', arguments: { depth: 1 } });
      expect(event.tags).toContainEqual(['payment_interaction', 'explicit_gating']);
      events.add(event.id);
      // As ContextVM's servers do, which write the event's id there.
      if (events.size === 1)
        return {
          error: { code: -32_042, message: 'Payment Required', data: { payment_options: [invoice] } },
        };
      return { result: paidResult };
    };
    const { payments, asked } = payer();
    const client = await connect(server, { ...payments, interaction: 'explicit_gating' });
    expect(await client.callTool({ name: 'dear', arguments: { depth: 1 } })).toEqual(paidResult);
    expect(asked.count).toBe(1);
    expect(server.requests('tools/call')).toHaveLength(2);
  });

  it('has its error passed on where nobody pays', async () => {
    const server = await BareServer.open();
    server.onrequest = () => ({
      error: { code: -32_042, message: 'Payment Required', data: { payment_options: [invoice] } },
    });
    const client = await connect(server);
    const error = await failureOf(client.callTool({ name: 'dear' }));
    expect(error).toMatchObject({ code: -32_042, data: { payment_options: [invoice] } });
    expect(readPaymentError(error)).toMatchObject({ type: 'required', options: [{ amount: 21 }] });
  });

  it('and does not know that mode has its error passed on', async () => {
    const server = await BareServer.open();
    const data = { requested: 'explicit_gating', supported: ['transparent'] };
    const message = 'Unsupported payment_interaction mode: explicit_gating';
    server.onrequest = () => ({ error: { code: -32_602, message, data } });
    const client = await connect(server, { ...payer().payments, interaction: 'explicit_gating' });
    const error = await failureOf(client.callTool({ name: 'dear' }));
    expect(error).toMatchObject({ code: -32_602, data });
    expect(String(error['message'])).toContain(message);
  });
});

describe('a server of @contextvm/sdk with payments', () => {
  /** Theirs, with a processor that waits until somebody has paid. */
  async function openPaid(processor: PaymentProcessor): Promise<{ pubkey: string; url: string }> {
    const relay = await startRelay();
    const secretKey = generateSecretKey();
    const transport = new NostrServerTransport({
      signer: Buffer.from(secretKey).toString('hex'),
      relayHandler: [relay.url],
      publishRelayList: false,
      bootstrapRelayUrls: [],
      logLevel: 'silent',
    });
    const server = new McpServer({ name: 'theirs', version: '1' });
    server.registerTool('dear', {}, () => ({ content: [{ type: 'text', text: 'paid' }] }));
    await server.connect(
      withServerPayments(transport, {
        processors: [processor],
        pricedCapabilities: [{ method: 'tools/call', name: 'dear', amount: 7, currencyUnit: 'sats' }],
      }),
    );
    onTestFinished(async () => {
      await server.close();
      await relay.close();
    });
    return { pubkey: getPublicKey(secretKey), url: relay.url };
  }

  it('is paid, and answers', async () => {
    const paid = new Recorder<string>('a payment');
    const { payments, asked, outcomes } = payer(({ payRequest }) => paid.add(payRequest));
    const address = await openPaid({
      pmi: 'fake',
      createPaymentRequired: ({ amount }) =>
        Promise.resolve({ amount, pay_req: 'theirs', pmi: 'fake', ttl: 30 }),
      verifyPayment: async ({ pay_req }) => {
        await paid.first((each) => each === pay_req);
        return {};
      },
    });
    const client = await connect(address, payments);
    expect(await client.callTool({ name: 'dear' })).toMatchObject(paidResult);
    expect(asked.items).toMatchObject([{ amount: 7, pmi: 'fake', payRequest: 'theirs', ttlSeconds: 30 }]);
    expect(outcomes).toEqual(['accepted']);
  });

  it('has the call fail at once where nobody pays', async () => {
    const client = await connect(
      await openPaid({
        pmi: 'fake',
        createPaymentRequired: ({ amount }) => Promise.resolve({ amount, pay_req: 'theirs', pmi: 'fake' }),
        verifyPayment: () => new Promise(() => {}), // it will not be paid
      }),
    );
    const error = await failureOf(client.callTool({ name: 'dear' }));
    expect(error).toMatchObject({
      data: { code: 'payment_required', payment: { amount: 7, pay_req: 'theirs' } },
    });
  });
});
