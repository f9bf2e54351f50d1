import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js';

import { PIXEL_PNG, sentence, SILENCE_WAV, text } from './contents.ts';

interface PlainTool {
  description: string;
  run: () => CallToolResult;
}

/** Tools without arguments that ask nobody: in either line of the SDK they are the same. */
export const plainTools: Readonly<Record<string, PlainTool>> = {
  test_simple_text: {
    description: 'answers with text',
    run: () => sentence('This is a simple text response for testing.'),
  },
  test_image_content: {
    description: 'answers with an image',
    run: () => ({ content: [{ type: 'image', data: PIXEL_PNG, mimeType: 'image/png' }] }),
  },
  test_audio_content: {
    description: 'answers with a sound',
    run: () => ({ content: [{ type: 'audio', data: SILENCE_WAV, mimeType: 'audio/wav' }] }),
  },
  test_embedded_resource: {
    description: 'answers with a resource',
    run: () => ({
      content: [
        {
          type: 'resource',
          resource: {
            uri: 'test://embedded-resource',
            mimeType: 'text/plain',
            text: 'This is an embedded resource content.',
          },
        },
      ],
    }),
  },
  test_multiple_content_types: {
    description: 'answers with text, an image and a resource',
    run: () => ({
      content: [
        text('Multiple content types test:'),
        { type: 'image', data: PIXEL_PNG, mimeType: 'image/png' },
        {
          type: 'resource',
          resource: {
            uri: 'test://mixed-content-resource',
            mimeType: 'application/json',
            text: JSON.stringify({ test: 'data', value: 123 }),
          },
        },
      ],
    }),
  },
  test_error_handling: {
    description: 'fails',
    run: () => {
      throw new Error('This tool intentionally returns an error for testing');
    },
  },
};
