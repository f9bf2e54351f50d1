import { formatTransferFrame, type TransferFrame, transferFrames } from '@mcp-nostr/core/contextvm';

import { bareLimits } from './limits.ts';

export interface TransferSendingOptions {
  text: string;
  token: string;
  maxChunkBytes: number;
  /** Resolves with the peer's `accept`, or when it was waited for long enough. Undefined where it need not be. */
  accepted: (() => Promise<void>) | undefined;
  /** Resolves when a relay has the frame. */
  send: (text: string, frameType: TransferFrame['frameType']) => Promise<void>;
  /** The peer could not be told that the message was given up. */
  onerror: (error: unknown) => void;
}

/**
 * Sends one message in frames (CEP-22), a few at a time and in order, so that others pass between them. Its end leaves
 * when all before it were taken: ContextVM's receivers give up a transfer that ends with chunks missing.
 */
export async function sendTransfer(options: TransferSendingOptions): Promise<void> {
  const { text, token, maxChunkBytes, accepted, send, onerror } = options;
  const sendFrame = (frame: TransferFrame): Promise<void> =>
    send(JSON.stringify(formatTransferFrame(frame)), frame.frameType);
  const frames = transferFrames(text, { token, maxChunkBytes, awaitsAccept: accepted !== undefined });
  await inWindow(frames.slice(0, 1), sendFrame);
  try {
    await accepted?.();
    await inWindow(frames.slice(1, -1), sendFrame);
    await inWindow(frames.slice(-1), sendFrame);
  } catch (error) {
    // The peer need not hold any longer what will not be whole; whether it hears of it is not waited for.
    sendFrame({ token, progress: 2, frameType: 'abort', reason: 'given up' }).catch(onerror);
    throw error;
  }
}

async function inWindow<T>(items: T[], send: (item: T) => Promise<void>): Promise<void> {
  const underWay = new Set<Promise<void>>();
  for (const item of items) {
    if (underWay.size >= bareLimits.transferWindow) await Promise.race(underWay);
    const sending: Promise<void> = send(item).then(() => void underWay.delete(sending));
    underWay.add(sending);
  }
  await Promise.all(underWay);
}
