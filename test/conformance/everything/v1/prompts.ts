import { completable } from '@modelcontextprotocol/sdk/server/completable.js';
import type { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { z } from 'zod';

import {
  completions,
  promptWithArguments,
  promptWithImage,
  promptWithResource,
  simplePrompt,
} from '../prompts.ts';

export function registerPrompts(server: McpServer): void {
  server.registerPrompt('test_simple_prompt', { description: 'has no arguments' }, simplePrompt);
  server.registerPrompt(
    'test_prompt_with_arguments',
    {
      description: 'repeats its arguments',
      argsSchema: { arg1: completable(z.string(), completions), arg2: z.string() },
    },
    promptWithArguments,
  );
  server.registerPrompt(
    'test_prompt_with_embedded_resource',
    { description: 'embeds a resource', argsSchema: { resourceUri: z.string() } },
    ({ resourceUri }) => promptWithResource(resourceUri),
  );
  server.registerPrompt('test_prompt_with_image', { description: 'embeds an image' }, promptWithImage);
}
