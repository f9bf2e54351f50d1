import { failureCodes } from '@mcp-nostr/core';
import { McpError } from '@modelcontextprotocol/sdk/types.js';
import { expect, it } from 'vitest';

import { describeError, usageError } from './errors.ts';

it.each([
  ['not_allowed', 3],
  ['relays_unreachable', 4],
  ['server_silent', 4],
  ['outcome_unknown', 1],
  ['server_failed', 1],
] as const)('knows %s by the name in the answer', (code, exitCode) => {
  const error = new McpError(failureCodes[code], 'what happened', { code });
  expect(describeError(error)).toMatchObject({ code, exitCode, message: 'what happened' });
});

it('tells a time-out of the SDK from the rest', () => {
  expect(describeError(new McpError(-32_001, 'Request timed out', { timeout: 1 }))).toMatchObject({
    code: 'timed_out',
    exitCode: 6,
  });
  expect(describeError(new McpError(-32_603, 'oops'))).toMatchObject({
    code: 'unexpected',
    exitCode: 1,
    message: 'oops',
  });
  expect(describeError('thrown text')).toMatchObject({ exitCode: 1, message: 'thrown text' });
});

it('takes a file that cannot be used for a mistake of whoever named it', () => {
  const failure = { code: 'EACCES', syscall: 'open', path: '/x' };
  const error = Object.assign(new Error("EACCES: permission denied, open '/x'"), failure);
  expect(describeError(error)).toEqual({ code: 'file_error', message: error.message, exitCode: 2 });
});

it('keeps the hint of its own errors', () => {
  expect(describeError(usageError('what', 'do this'))).toEqual({
    code: 'usage',
    exitCode: 2,
    message: 'what',
    hint: 'do this',
  });
  expect(describeError(usageError('what'))).not.toHaveProperty('hint');
});
