/** A step took longer than it may. */
export class TooSlow extends Error {
  override readonly name = 'TooSlow';
  readonly code = 'timed_out';
  constructor(timeoutMs: number) {
    super(`no answer within ${timeoutMs / 1_000} s`);
  }
}

/**
 * What the work comes to, waited for no longer than this and no longer than the signal allows.
 * @throws {TooSlow}
 */
export async function within<T>(timeoutMs: number, signal: AbortSignal, work: Promise<T>): Promise<T> {
  const over = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    const stop = (): void => reject(new TooSlow(timeoutMs));
    timer = setTimeout(stop, signal.aborted ? 0 : timeoutMs);
    signal.addEventListener('abort', stop, { signal: over.signal });
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
    over.abort();
  }
}
