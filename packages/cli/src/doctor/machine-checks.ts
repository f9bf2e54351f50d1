import { packageVersion } from '../version.ts';
import { exitCodes } from '../errors.ts';
import { type Check, Findings } from './check.ts';
import { isSupportedNode, LEAST_NODE } from './node-version.ts';

/** What all else stands on. */
export function checkMachine(): Check[] {
  const node = new Findings('node');
  const found = `${process.versions.node} on ${process.platform}`;
  if (isSupportedNode(process.versions.node)) node.ok('', found);
  else
    node.fail('', `${found} is too old`, {
      hint: `install Node ${LEAST_NODE} or newer: https://nodejs.org`,
      exitCode: exitCodes.usage,
    });
  const ours = new Findings('version', 'mcp-nostr');
  ours.ok('', packageVersion());
  return [...node.checks, ...ours.checks];
}
