import { TransportError } from '../errors.ts';

/**
 * Resolves after a time, or sooner when `until` does.
 * @throws {TransportError} `closed` at once when the signal is aborted
 */
export function pause(durationMs: number, signal: AbortSignal, until?: Promise<void>): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      if (signal.aborted) reject(withdrawn());
      else resolve();
    };
    const timer = setTimeout(end, durationMs);
    signal.addEventListener('abort', end);
    void until?.then(end);
    if (signal.aborted) end();
  });
}

export function withdrawn(): TransportError {
  return new TransportError('closed', 'the message was withdrawn before it was sent');
}
