import { acceptedContent, completable, inputRequired, type McpServer } from '@modelcontextprotocol/server';
import { z } from 'zod';

import { text } from '../contents.ts';
import {
  completions,
  promptWithArguments,
  promptWithImage,
  promptWithResource,
  simplePrompt,
} from '../prompts.ts';
import { askString } from './input-requests.ts';

export function registerPrompts(server: McpServer): void {
  server.registerPrompt('test_simple_prompt', { description: 'has no arguments' }, simplePrompt);
  server.registerPrompt(
    'test_prompt_with_arguments',
    {
      description: 'repeats its arguments',
      argsSchema: z.object({ arg1: completable(z.string(), completions), arg2: z.string() }),
    },
    promptWithArguments,
  );
  server.registerPrompt(
    'test_prompt_with_embedded_resource',
    { description: 'embeds a resource', argsSchema: z.object({ resourceUri: z.string() }) },
    ({ resourceUri }) => promptWithResource(resourceUri),
  );
  server.registerPrompt('test_prompt_with_image', { description: 'embeds an image' }, promptWithImage);
  server.registerPrompt(
    'test_input_required_result_prompt',
    { description: 'asks before it answers' },
    ({ mcpReq }) => {
      const given = acceptedContent<{ context: string }>(mcpReq.inputResponses, 'user_context');
      if (given === undefined) {
        const question = askString('What context should the prompt use?', 'context');
        return inputRequired({ inputRequests: { user_context: question } });
      }
      return { messages: [{ role: 'user', content: text(`In the context of ${given.context}`) }] };
    },
  );
}
