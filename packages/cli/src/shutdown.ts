const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export type StopSignal = (typeof signals)[number];

/** Exit code by the shell's custom: 128 and the signal's number. */
export const signalExitCodes: Record<StopSignal, number> = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 };

/**
 * Resolves with the first signal to stop. Later ones change nothing (a Ctrl-C in a terminal often arrives twice,
 * once more through npm): from the first on, {@link exitAfter} sets the limit.
 */
export function untilSignal(): Promise<StopSignal> {
  stopped ??= new Promise((resolve) => {
    for (const signal of signals) process.on(signal, () => resolve(signal));
  });
  return stopped;
}

let stopped: Promise<StopSignal> | undefined;

/** However closing goes, the process is gone after this. */
export function exitAfter(delayMs: number, exitCode = 0): void {
  setTimeout(() => process.exit(exitCode), delayMs).unref();
}
