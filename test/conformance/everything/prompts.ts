import type { GetPromptResult, PromptMessage } from '@modelcontextprotocol/sdk/types.js';

import { PIXEL_PNG, text } from './contents.ts';

/** What the completion of an argument chooses from. */
const COMPLETIONS = ['paris', 'park', 'party', 'hello'];

export function completions(begun: string): string[] {
  return COMPLETIONS.filter((value) => value.startsWith(begun));
}

export function simplePrompt(): GetPromptResult {
  return said(text('This is a simple prompt for testing.'));
}

export function promptWithArguments(given: { arg1: string; arg2: string }): GetPromptResult {
  return said(text(`Prompt with arguments: arg1='${given.arg1}', arg2='${given.arg2}'`));
}

export function promptWithResource(uri: string): GetPromptResult {
  const resource = { uri, mimeType: 'text/plain', text: 'Embedded resource content for testing.' };
  return said({ type: 'resource', resource }, text('Please process the embedded resource above.'));
}

export function promptWithImage(): GetPromptResult {
  return said(
    { type: 'image', data: PIXEL_PNG, mimeType: 'image/png' },
    text('Please analyze the image above.'),
  );
}

function said(...contents: PromptMessage['content'][]): GetPromptResult {
  return { messages: contents.map((content) => ({ role: 'user', content })) };
}
