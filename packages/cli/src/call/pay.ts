import { type PaymentOptions, type PaymentRequest, readPaymentError } from '@mcp-nostr/client';
import { contextvmLimits } from '@mcp-nostr/core/contextvm';
import { TransportError } from '@mcp-nostr/transport';

import { formatDuration, oneLine } from '../terminal.ts';

/** Shows what to pay to the person at the keyboard, who pays with a wallet of theirs; the request waits meanwhile. */
export function paidByPerson(show: (line: string) => void): PaymentOptions {
  return {
    pmis: [],
    onrequired: ({ payRequest, ttlSeconds, ...rest }) => {
      const until = ttlSeconds === undefined ? '' : `, within ${formatDuration(ttlSeconds * 1_000)}`;
      show(`to be paid: ${sumOf(rest)}${until}`);
      // As long as one may be: what is cut could not be paid.
      show(oneLine(payRequest, contextvmLimits.maxPayRequestLength));
      return Promise.resolve();
    },
    onsettled: ({ outcome }) => {
      if (outcome === 'accepted') show('the server has the payment');
    },
  };
}

/** What is to be paid, where nobody was asked to; any other error as it is. */
export function withSum(error: unknown): unknown {
  const said = readPaymentError(error);
  const [payment] = said?.type === 'required' ? said.options : [];
  if (payment === undefined) return error;
  const message = `the server has not executed the request: it wants ${sumOf(payment)} first`;
  return new TransportError('payment_required', message, { cause: error });
}

function sumOf({ amount, pmi, description = '' }: Omit<PaymentRequest, 'payRequest'>): string {
  return `${amount} by ${pmi}${description === '' ? '' : ` (${oneLine(description, 200)})`}`;
}
