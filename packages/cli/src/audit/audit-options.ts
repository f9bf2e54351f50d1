import type { Command } from 'commander';

import { usageError } from '../errors.ts';

/** As commander names them. */
export interface AuditOptions {
  auditLog?: string;
  auditArguments?: boolean;
}

export interface AuditSettings {
  path: string;
  /** Callers may write secrets into them, which nothing can tell from other words. */
  hasArguments: boolean;
}

export function addAuditOptions(command: Command): Command {
  return command
    .option(
      '--audit-log <file>',
      'a JSON line for each request, pairing and refusal, which only you can read',
    )
    .option('--audit-arguments', 'with the arguments of requests, up to 4 kB of each');
}

/** @throws {CliError} */
export function auditFrom({ auditLog: path, auditArguments }: AuditOptions): AuditSettings | undefined {
  if (path !== undefined) return { path, hasArguments: auditArguments === true };
  if (auditArguments === undefined) return undefined;
  throw usageError(
    '--audit-arguments is about a log that is not written',
    'name its file: --audit-log <file>',
  );
}
