import {
  type Address,
  DecodeError,
  type FailureCode,
  formatAddress,
  formatNpub,
  isRecord,
  type JsonRpcErrorResponse,
  type JsonRpcResultResponse,
  readSuccessor,
  type Succession,
} from '@mcp-nostr/core';

export interface MovedFailure {
  code: FailureCode;
  reason: string;
  data: Record<string, unknown>;
}

/**
 * A server that has another key, by the word of the key that was addressed. `statement`: the JSON that the refusal had
 * with it; without one that can be believed it is a refusal like any other.
 */
export function movedFailure(
  statement: string | undefined,
  former: Address,
  nowSeconds: number,
): MovedFailure {
  const server = formatNpub(former.pubkey);
  let succession: Succession;
  try {
    succession = readSuccessor(parseJson(statement), former.pubkey, nowSeconds);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const reason = `${server} refused the connection: it is said to have another key, which it has not signed (${why})`;
    return { code: 'not_allowed', reason, data: {} };
  }
  const { successor, announcedAt } = succession;
  const day = new Date(announcedAt * 1_000).toISOString().slice(0, 10);
  return {
    code: 'server_moved',
    reason: `${server} has another key since ${day}: ${formatNpub(successor.pubkey)}`,
    // A key that was not said to be elsewhere is looked for where the former one was.
    data: { successor: formatAddress({ ...successor, relays: relaysOf(succession, former) }), announcedAt },
  };
}

/**
 * An answer that came from the server, and does not say that it has moved: whoever answers there need not have the key,
 * as the program behind a bridge has not, and what is believed of another key is only what the former one has signed.
 */
export function withoutMove<Answer extends JsonRpcResultResponse | JsonRpcErrorResponse>(
  answer: Answer,
): Answer {
  if (!('error' in answer) || !isRecord(answer.error.data)) return answer;
  const { code, ...data } = answer.error.data;
  return code === 'server_moved' ? { ...answer, error: { ...answer.error, data } } : answer;
}

function relaysOf({ successor }: Succession, former: Address): string[] {
  return successor.relays.length === 0 ? former.relays : successor.relays;
}

function parseJson(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '');
  } catch (cause) {
    throw new DecodeError('bad_successor', 'there is no statement of it', { cause });
  }
}
