import { z } from 'zod';

/** What the suite found out about one thing in one scenario. */
const check = z.object({
  id: z.string(),
  /** One id can stand for several checks, each with a name of its own. */
  name: z.string().default(''),
  status: z.enum(['SUCCESS', 'FAILURE', 'WARNING', 'SKIPPED', 'INFO']),
  description: z.string().default(''),
  errorMessage: z.string().optional(),
});

export type Check = z.infer<typeof check>;

/** The checks of each scenario that came to an end. */
export type Results = ReadonlyMap<string, readonly Check[]>;

/** The content of a `checks.json`. */
export function parseChecks(text: string): Check[] {
  return z.array(check).parse(JSON.parse(text));
}

/** The scenario of a folder that the suite has written: `server-<scenario>-<time>`, or without the first word. */
export function scenarioOf(folder: string): string | undefined {
  return /^(?:server-)?(?<scenario>.+)-\d{4}-\d{2}-\d{2}T[\d-]+Z$/.exec(folder)?.groups?.['scenario'];
}

/** Nothing failed, nothing warned, and something succeeded. */
export function isClean(checks: readonly Check[] = []): boolean {
  return (
    checks.some(({ status }) => status === 'SUCCESS') &&
    checks.every(({ status }) => status !== 'FAILURE' && status !== 'WARNING')
  );
}
