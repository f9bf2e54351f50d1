import { Filter, type FilterRules, Glob, kinds, type Rules } from '@mcp-nostr/core/filter';
import { type Command, InvalidArgumentError } from 'commander';

import { oneLine } from '../terminal.ts';

/** As commander names them. */
export interface FilterOptions {
  allowTool?: Glob[];
  denyTool?: Glob[];
  allowResource?: Glob[];
  denyResource?: Glob[];
  allowPrompt?: Glob[];
  denyPrompt?: Glob[];
}

/** Adds the options that say which tools, resources and prompts are there. */
export function addFilterOptions(command: Command): Command {
  for (const kind of kinds) {
    const what = kind === 'resource' ? 'resources whose URI matches' : `${kind}s whose name matches`;
    command
      .option(`--allow-${kind} <glob>`, `only ${what} this pattern are there; can be repeated`, collectGlobs)
      .option(`--deny-${kind} <glob>`, `${what} this pattern are not there; can be repeated`, collectGlobs);
  }
  return command;
}

/** Undefined when everything is there. */
export function filterFrom(options: FilterOptions): Filter | undefined {
  const { allowTool, denyTool, allowResource, denyResource, allowPrompt, denyPrompt } = options;
  const rules: FilterRules = {
    tool: rulesOf(allowTool, denyTool),
    resource: rulesOf(allowResource, denyResource),
    prompt: rulesOf(allowPrompt, denyPrompt),
  };
  return kinds.some((kind) => rules[kind] !== undefined) ? new Filter(rules) : undefined;
}

/** `tools get_*, not *_secret; prompts not *` */
export function describeFilter({ rules }: Filter): string {
  const parts = kinds.flatMap((kind) => {
    const { allow = [], deny = [] } = rules[kind] ?? {};
    const names = [
      ...allow.map(({ text }) => text),
      ...(deny.length === 0 ? [] : [`not ${deny.map(({ text }) => text).join(', ')}`]),
    ];
    return names.length === 0 ? [] : [`${kind}s ${names.join(', ')}`];
  });
  return oneLine(parts.join('; '), 300);
}

function rulesOf(allow: readonly Glob[] = [], deny: readonly Glob[] = []): Rules | undefined {
  return allow.length + deny.length === 0 ? undefined : { allow, deny };
}

/** A commander parser: one pattern for each use, which may have commas and spaces in it. */
function collectGlobs(text: string, earlier: readonly Glob[] = []): Glob[] {
  try {
    return [...earlier, new Glob(text)];
  } catch (error) {
    throw new InvalidArgumentError(error instanceof Error ? error.message : String(error));
  }
}
