import { Glob } from '@mcp-nostr/core/filter';
import type { AccessRules } from '@mcp-nostr/server';
import { type Command, InvalidArgumentError } from 'commander';

import { parseCount } from '../count-option.ts';

/** As commander names them; `false` is `--no-tools` and its kin. */
export interface RuleOptions {
  tools?: string[] | false;
  resources?: string[] | false;
  prompts?: string[] | false;
  scope?: string[];
  callsPerMinute?: number;
  callsAtOnce?: number;
  bytesPerMinute?: number;
}

/** Adds what a key may do. */
export function addRuleOptions(command: Command): Command {
  return command
    .option('--tools <glob>', 'only tools whose name matches; can be repeated (default: all)', collectGlob)
    .option('--no-tools', 'none')
    .option('--resources <glob>', 'only resources whose URI matches; can be repeated', collectGlob)
    .option('--no-resources', 'none')
    .option('--prompts <glob>', 'only prompts whose name matches; can be repeated', collectGlob)
    .option('--no-prompts', 'none')
    .option('--scope <scope>', 'what its calls tell the server as a scope; can be repeated', collect)
    .option('--calls-per-minute <number>', 'more are refused, with when to try again', parseCount)
    .option('--calls-at-once <number>', 'more are refused', parseCount)
    .option('--bytes-per-minute <bytes>', 'both ways together, as in 500kB or 20MB', parseBytes);
}

/** Those that were given, and no others. */
export function rulesFrom(options: RuleOptions): AccessRules {
  const { tools, resources, prompts, scope, callsPerMinute, callsAtOnce, bytesPerMinute } = options;
  return {
    ...(tools !== undefined && { tools: tools || [] }),
    ...(resources !== undefined && { resources: resources || [] }),
    ...(prompts !== undefined && { prompts: prompts || [] }),
    ...(scope !== undefined && { scopes: scope }),
    ...(callsPerMinute !== undefined && { callsPerMinute }),
    ...(callsAtOnce !== undefined && { callsAtOnce }),
    ...(bytesPerMinute !== undefined && { bytesPerMinute }),
  };
}

/** Commander hands over what the option had before: also the `true` that is the default beside `--no-tools`. */
function collectGlob(text: string, earlier: unknown): string[] {
  try {
    return [...(Array.isArray(earlier) ? earlier.map(String) : []), new Glob(text).text];
  } catch (error) {
    throw new InvalidArgumentError(error instanceof Error ? error.message : String(error));
  }
}

function collect(text: string, earlier: readonly string[] = []): string[] {
  return [...earlier, text];
}

const UNITS: Readonly<Record<string, number>> = { '': 1, k: 1_000, m: 1_000_000, g: 1_000_000_000 };

function parseBytes(text: string): number {
  const [, count, unit = ''] = /^([1-9]\d{0,11})(?:([kmg])b?)?$/i.exec(text.trim()) ?? [];
  const bytes = Number(count) * (UNITS[unit.toLowerCase()] ?? NaN);
  if (Number.isSafeInteger(bytes)) return bytes;
  throw new InvalidArgumentError('a number of bytes is needed, as in 500kB or 20MB');
}
