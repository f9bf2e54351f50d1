import { setTimeout as delay } from 'node:timers/promises';

import { generateSecretKey, secretKeySigner } from '@mcp-nostr/core';
import { serve } from '@mcp-nostr/server';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { z } from 'zod';

/** An MCP server whose tools show what the page can do: text, structure, an image, progress, failure. */
export function startDemoServer(relays: string[]) {
  const signer = secretKeySigner(generateSecretKey());
  return serve({ signer, relays, allow: 'public' }, ({ npub }) => createDemoServer(npub));
}

function createDemoServer(callerNpub: string): McpServer {
  const server = new McpServer(
    { name: 'demo', title: 'Demo server', version: '1.0.0' },
    { instructions: 'Four small tools that show text, structured content, an image, progress and an error.' },
  );
  const greeting = { name: z.string(), language: z.enum(['en', 'de', 'tr']), polite: z.boolean().optional() };
  server.registerTool(
    'greet',
    {
      title: 'Greet somebody',
      description: 'Says hello, and who is asking. <b>Markup</b> stays as it is.',
      inputSchema: greeting,
      annotations: { readOnlyHint: true },
    },
    ({ name, language, polite }) => {
      const hello = { en: 'Hello', de: 'Hallo', tr: 'Merhaba' }[language];
      const text = `${hello} ${name}${polite === true ? ', pleased to meet you' : ''}!\nYou call as ${callerNpub}`;
      return { content: [{ type: 'text', text }] };
    },
  );
  server.registerTool(
    'divide',
    {
      description: 'Divides two numbers. Division by zero is an error of the tool.',
      inputSchema: { dividend: z.number(), divisor: z.number().default(2) },
      outputSchema: { quotient: z.number() },
    },
    ({ dividend, divisor }) => {
      if (divisor === 0) throw new Error('cannot divide by zero');
      const quotient = dividend / divisor;
      return { content: [{ type: 'text', text: String(quotient) }], structuredContent: { quotient } };
    },
  );
  server.registerTool(
    'draw',
    {
      description: 'Draws circles, as an SVG image.',
      inputSchema: {
        colors: z
          .array(z.string())
          .default(['#5b3fd1', '#e0567a', '#f2b84b'])
          .describe('One circle for each'),
      },
    },
    ({ colors }) => {
      const data = Buffer.from(drawCircles(colors)).toString('base64');
      return { content: [{ type: 'image', mimeType: 'image/svg+xml', data }] };
    },
  );
  const steps = z.number().int().min(1).max(20).default(8).describe('Each takes a quarter of a second');
  server.registerTool(
    'count',
    { description: 'Counts slowly and tells how far it is.', inputSchema: { steps } },
    async ({ steps: total }, { sendNotification, signal, _meta: meta }) => {
      const progressToken = meta?.progressToken;
      for (let progress = 1; progress <= total; progress++) {
        await delay(250, undefined, { signal });
        if (progressToken === undefined) continue;
        const params = { progressToken, progress, total, message: 'Counting' };
        await sendNotification({ method: 'notifications/progress', params });
      }
      return { content: [{ type: 'text', text: `Counted to ${total}` }] };
    },
  );
  return server;
}

function drawCircles(colors: string[]): string {
  const circles = colors.map((color, index) => {
    const fill = color.replace(/[^#\w]/g, '');
    return `<circle cx="${60 + index * 70}" cy="60" r="50" fill="${fill}" fill-opacity="0.85"/>`;
  });
  const width = 50 + 70 * Math.max(1, colors.length);
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="120">${circles.join('')}</svg>`;
}
