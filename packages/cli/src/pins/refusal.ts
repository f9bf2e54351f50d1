import { failureResponse, type JsonRpcRequest } from '@mcp-nostr/core';

import type { Answer } from '../answer.ts';
import { failureFor } from '../connect/catalogue/tool-failure.ts';

/** How a call that is refused is answered: as what the tool says, for models and people, or as an error. */
export type Refusal = 'tool-result' | 'error';

/** `reason`: a clause without a full stop; `address`: of the server, as a command takes it. */
export function refusalOf(
  refusal: Refusal,
  request: JsonRpcRequest,
  reason: string,
  address: string,
): Answer {
  const code = 'pin_mismatch';
  if (refusal === 'error') return failureResponse(request.id, code, reason);
  const text =
    `${reason[0]?.toUpperCase()}${reason.slice(1)}. Nothing was executed; a person has to look at what has changed. ` +
    `To see it: mcp-nostr pins show ${address} . If it is all right: mcp-nostr pins accept ${address}`;
  return failureFor(request, { code, message: reason }, text);
}
