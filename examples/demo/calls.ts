import assert from 'node:assert/strict';

import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { CallToolResultSchema, type CallToolResult, type Progress } from '@modelcontextprotocol/sdk/types.js';

/** One step of the demo: what is asked, and what came back in words. */
export interface Step {
  name: string;
  run(client: Client, onprogress: (progress: Progress) => void): Promise<string>;
}

/** Each asserts what it got, so that a demo that ends well has shown what it says. */
export const steps: Step[] = [
  {
    name: 'tools/list',
    async run(client) {
      const { tools } = await client.listTools();
      assert.ok(tools.length > 0, 'the server lists no tools');
      return `${tools.length} tools: ${tools
        .slice(0, 4)
        .map(({ name }) => name)
        .join(', ')}, …`;
    },
  },
  {
    name: 'echo',
    async run(client) {
      const text = textOf(await call(client, 'echo', { message: 'ahoj, Nostr' }));
      assert.match(text, /ahoj, Nostr/);
      return text;
    },
  },
  {
    name: 'get-sum',
    async run(client) {
      const text = textOf(await call(client, 'get-sum', { a: 2, b: 40 }));
      assert.match(text, /42/);
      return text;
    },
  },
  {
    name: 'trigger-long-running-operation',
    async run(client, onprogress) {
      let notifications = 0;
      const result = await call(
        client,
        'trigger-long-running-operation',
        { duration: 2, steps: 4 },
        (progress) => {
          notifications += 1;
          onprogress(progress);
        },
      );
      assert.match(textOf(result), /completed/);
      assert.ok(notifications > 0, 'no progress came');
      return `${notifications} progress notifications while it ran`;
    },
  },
  {
    name: 'get-tiny-image',
    async run(client) {
      const { content } = await call(client, 'get-tiny-image', {});
      const image = content.find((block) => block.type === 'image');
      assert.ok(image !== undefined, 'no image came');
      const bytes = Buffer.from(image.data, 'base64');
      assert.equal(bytes.toString('latin1', 1, 4), 'PNG');
      // Width and height are the first two numbers of a PNG's header.
      return `${image.mimeType}, ${bytes.readUInt32BE(16)} × ${bytes.readUInt32BE(20)} pixels, ${bytes.length} bytes`;
    },
  },
];

function call(
  client: Client,
  name: string,
  args: Record<string, unknown>,
  onprogress?: (progress: Progress) => void,
): Promise<CallToolResult> {
  const request = { method: 'tools/call' as const, params: { name, arguments: args } };
  return client.request(request, CallToolResultSchema, onprogress === undefined ? {} : { onprogress });
}

function textOf({ content }: CallToolResult): string {
  return content
    .map((block) => (block.type === 'text' ? block.text : ''))
    .join(' ')
    .trim();
}
