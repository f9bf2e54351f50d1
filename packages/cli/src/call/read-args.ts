import { text } from 'node:stream/consumers';

import { isRecord } from '@mcp-nostr/core';

import { usageError } from '../errors.ts';

/** The value of `--args`: a JSON object, or `-` for one on stdin. */
export async function readArgs(given: string): Promise<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(given === '-' ? await text(process.stdin) : given);
  } catch (error) {
    throw usageError(`--args is not JSON: ${error instanceof Error ? error.message : ''}`);
  }
  if (!isRecord(value)) throw usageError('--args is not a JSON object', '--args \'{"key": "value"}\'');
  return value;
}
