import { TransportError } from './errors.ts';

/** Those who wait for a relay that can be used. */
export class Reach {
  readonly #waiting: Set<() => void> = new Set();

  /** @throws {TransportError} `relays_unreachable` when none came in time, `closed` when the signal is aborted */
  wait(timeoutMs: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = (error?: TransportError): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', abort);
        this.#waiting.delete(come);
        if (error === undefined) resolve();
        else reject(error);
      };
      const come = (): void => settle();
      const abort = (): void => settle(new TransportError('closed', 'the message was withdrawn'));
      const timer = setTimeout(() => {
        const text = `no relay could be reached within ${timeoutMs / 1000} s`;
        settle(new TransportError('relays_unreachable', text));
      }, timeoutMs);
      signal.addEventListener('abort', abort);
      this.#waiting.add(come);
      if (signal.aborted) abort();
    });
  }

  /** There is one, or there will be none any more: they look for themselves. */
  release(): void {
    for (const come of this.#waiting) come();
  }
}
