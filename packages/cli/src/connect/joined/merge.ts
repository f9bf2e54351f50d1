import { isRecord, type JsonRpcRequest } from '@mcp-nostr/core';

import { packageVersion } from '../../version.ts';

type Fields = Record<string, unknown>;

/** What one of the servers has answered to `initialize`, or why it has not. */
export interface Part {
  readonly prefix: string;
  readonly result?: Fields | undefined;
  readonly problem?: string | undefined;
}

/** The revisions that have sessions, newest first. */
export const sessionVersions: readonly string[] = ['2025-11-25', '2025-06-18', '2025-03-26', '2024-11-05'];

/** The answer to `initialize` of all servers together, those left out that have not answered. */
export function mergedInitialize({ params }: JsonRpcRequest, parts: readonly Part[]): Fields {
  return {
    protocolVersion: versionOf(params?.['protocolVersion'], parts),
    capabilities: capabilitiesOf(parts),
    serverInfo: {
      name: 'mcp-nostr',
      title: parts.map(({ prefix }) => prefix).join(', '),
      version: packageVersion(),
    },
    instructions: instructionsOf(parts),
  };
}

/** The oldest that one of them speaks: a newer server takes it, an older one takes no other. */
function versionOf(requested: unknown, parts: readonly Part[]): string {
  const spoken = parts.map(({ result }) => result?.['protocolVersion']);
  const oldest = spoken.filter((version) => typeof version === 'string').sort()[0];
  if (oldest !== undefined) return oldest;
  const known = sessionVersions.find((version) => version === requested);
  return known ?? sessionVersions[0] ?? '';
}

/** What any of them can do, as far as it passes through here; what a missing one can do it may yet do. */
function capabilitiesOf(parts: readonly Part[]): Fields {
  const known = parts.map(({ result }) => result?.['capabilities']).filter((each) => isRecord(each));
  const isMissing = known.length < parts.length;
  const some = (name: string): boolean => known.some((each) => isRecord(each[name]));
  const canSubscribe = known.some(({ resources }) => isRecord(resources) && resources['subscribe'] === true);
  return {
    ...((isMissing || some('tools')) && { tools: { listChanged: true } }),
    ...((isMissing || some('prompts')) && { prompts: { listChanged: true } }),
    ...((isMissing || some('resources')) && {
      resources: { listChanged: true, ...((isMissing || canSubscribe) && { subscribe: true }) },
    }),
    ...(some('logging') && { logging: {} }),
    ...(some('completions') && { completions: {} }),
  };
}

function instructionsOf(parts: readonly Part[]): string {
  const sections = parts.map(({ prefix, result, problem }) => {
    const info = isRecord(result?.['serverInfo']) ? result['serverInfo'] : {};
    const name = info['title'] ?? info['name'];
    const heading = typeof name === 'string' ? `## ${prefix}: ${name}` : `## ${prefix}`;
    const instructions = result?.['instructions'];
    const text = result === undefined ? `It was not reached: ${problem ?? 'no answer yet'}.` : instructions;
    return typeof text === 'string' && text !== '' ? `${heading}\n\n${text}` : heading;
  });
  const first =
    'These are several servers in one. Names of tools and prompts begin with the name of their server and an ' +
    'underscore, URIs of resources with the name and a plus.';
  return [first, ...sections].join('\n\n');
}
