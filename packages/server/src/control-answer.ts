import { type Endpoint, type IncomingFrame, TransportError } from '@mcp-nostr/transport';

import type { Answer } from './doorkeeper.ts';

export interface ControlAnswerOptions {
  endpoint: Endpoint;
  /** This process of the server. */
  instance: string;
  /** Of a former key: its statement of the one that follows it. */
  successor: string | undefined;
  onerror: (error: unknown) => void;
}

/** One control frame to somebody without a connection; it is offered once. Never rejects. */
export async function sendControlAnswer(
  { event, frame, encrypted }: IncomingFrame,
  { control, detail, acknowledged }: Answer,
  { endpoint, instance, successor = '', onerror }: ControlAnswerOptions,
): Promise<void> {
  try {
    const { connection } = frame.link;
    const link = { connection, acknowledged, instance, control, detail };
    const createdAt = Math.max(endpoint.nowSeconds(), control === 'refuse' ? 0 : event.created_at);
    const moved = detail === 'moved' ? { successor } : {};
    const refused = control === 'refuse' ? { requestEvent: event.id } : {};
    const answer = await endpoint.sign({ link, content: '', ...refused, ...moved }, event.pubkey, createdAt);
    await endpoint.publish(answer, event.pubkey, encrypted ? 'ephemeral' : 'plain', { isLast: true });
  } catch (error) {
    if (!(error instanceof TransportError) || error.code !== 'closed') onerror(error);
  }
}
