import { randomBytes } from 'node:crypto';

import { createRequestStateCodec, type RequestStateCodec } from '@modelcontextprotocol/server';

/** What a tool that asks in rounds has to know when the caller comes back. */
export interface State {
  round: number;
}

/** The state travels through the client: it is signed, and refused when it was tampered with. */
export const stateCodec: RequestStateCodec<State> = createRequestStateCodec<State>({ key: randomBytes(32) });
