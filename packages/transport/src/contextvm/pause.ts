import { TransportError } from '../errors.ts';

/** Resolves after a time. @throws {TransportError} `closed` at once when the signal is aborted */
export function pause(durationMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(withdrawn());
    const abort = (): void => {
      clearTimeout(timer);
      reject(withdrawn());
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', abort);
      resolve();
    }, durationMs);
    signal.addEventListener('abort', abort, { once: true });
  });
}

export function withdrawn(): TransportError {
  return new TransportError('closed', 'the message was withdrawn before it was sent');
}
