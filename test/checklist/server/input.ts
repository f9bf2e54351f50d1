import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

import type { Context, Params, Result } from './context.ts';

const secret = randomBytes(32);

interface State {
  /** Whose it is. */
  pubkey: string;
  round: number;
  answers: unknown[];
  /** So that an exact echo is one of any text. */
  text: string;
}

const oneQuestion: Params = {
  name: {
    method: 'elicitation/create',
    params: {
      mode: 'form',
      message: 'Who?',
      requestedSchema: { type: 'object', properties: { name: { type: 'string' } } },
    },
  },
};

/** Asks for `rounds`, one set of input requests after the other, and answers with what came, as `final` has it. */
export function seekInput(params: Params, context: Context, final: (text: string) => Result): Result {
  const rounds =
    typeof params['rounds'] === 'string' ? (JSON.parse(params['rounds']) as Params[]) : [oneQuestion];
  const { requestState, inputResponses, caller } = context;
  const state = requestState === undefined ? undefined : unseal(requestState);
  if (requestState !== undefined && state?.pubkey !== caller.pubkey) {
    throw context.error(-32_602, 'this requestState is not yours', { reason: 'invalid_request_state' });
  }
  const answers = [...(state?.answers ?? []), ...(inputResponses === undefined ? [] : [inputResponses])];
  const round = state?.round ?? 0;
  const inputRequests = rounds[round];
  if (inputRequests === undefined) return final(JSON.stringify(answers));
  const next: State = { pubkey: caller.pubkey, round: round + 1, answers, text: 'ü\u2028"\\\u{1f600}' };
  return { resultType: 'input_required', inputRequests, requestState: seal(next) };
}

function seal(state: State): string {
  const text = JSON.stringify(state);
  return `${macOf(text)}.${text}`;
}

function unseal(sealed: string): State | undefined {
  const at = sealed.indexOf('.');
  const [mac, text] = [Buffer.from(sealed.slice(0, at)), sealed.slice(at + 1)];
  const expected = Buffer.from(macOf(text));
  if (mac.length !== expected.length || !timingSafeEqual(mac, expected)) return undefined;
  return JSON.parse(text) as State;
}

function macOf(text: string): string {
  return createHmac('sha256', secret).update(text).digest('base64url');
}
