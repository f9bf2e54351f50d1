import type { Log } from '../client-transport.ts';

/** More uncaught errors than this in a minute are no accident any more: they come round in a circle. */
const MAX_ERRORS = 20;
const COUNT_MS = 60_000;

/**
 * Keeps the process through errors that nobody caught. A host starts its server once and takes its end for final, so a
 * process that ends over one of them costs its person everything until they restart the host. What the error broke is
 * one message or one socket, and each of them is given up and begun again where its answer stays away.
 */
export function survive(onlog: Log): void {
  let count = 0;
  setInterval(() => (count = 0), COUNT_MS).unref();
  const onerror = (error: unknown): void => {
    onlog(`unexpected: ${error instanceof Error ? `${error.name}: ${error.message}` : String(error)}`);
    if (++count > MAX_ERRORS) process.exit(1);
  };
  process.on('uncaughtException', onerror);
  process.on('unhandledRejection', onerror);
}
