import { InvalidArgumentError } from 'commander';

import { usageError } from '../errors.ts';
import type { Way } from './ways.ts';

/** Not registered for anything, and beside the relay's 7777. */
export const DEFAULT_PORT = 7788;

/** Collects a repeatable option: origins of web pages, as browsers send them. */
export function collectOrigins(text: string, earlier: readonly string[] = []): string[] {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isWeb = url?.protocol === 'https:' || url?.protocol === 'http:';
  if (url === undefined || !isWeb || url.href !== `${url.origin}/`)
    throw new InvalidArgumentError('an origin is like https://app.example or http://localhost:5173');
  return [...earlier, url.origin];
}

/** `--http`, `--sse` and `--ws`, each perhaps with a port: they share one. @throws {CliError} */
export function listeningOptions(
  given: Readonly<Partial<Record<Way, number | true>>>,
): { ways: Way[]; port: number } | undefined {
  const ways = (['http', 'sse', 'ws'] as const).filter((way) => given[way] !== undefined);
  if (ways.length === 0) return undefined;
  const ports = new Set(ways.map((way) => given[way]).filter((port) => typeof port === 'number'));
  const [port = DEFAULT_PORT, ...others] = ports;
  if (others.length > 0) {
    const flags = ways.map((way) => `--${way}`).join(' and ');
    const example = `${flags.replaceAll(' and', '')} ${port}`;
    throw usageError(`${flags} share one port`, `give it once, as in: ${example}`);
  }
  return { ways, port };
}
