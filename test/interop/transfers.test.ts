import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';

import { ourClientAtTheirs, theirClientAtOurs } from './pairs.ts';

function create(): McpServer {
  const server = new McpServer({ name: 'large', version: '1.0.0' });
  const inputSchema = { answers: z.number(), text: z.string() };
  server.registerTool('large', { inputSchema }, ({ answers, text }) => ({
    content: [{ type: 'text', text: `${text.length} ${large(answers)}` }],
  }));
  return server;
}

/** As many bytes of JSON, which is dear to escape. */
const large = (bytes: number): string => 'ü"'.repeat(bytes / 4);

const calling = (asks: number, answers: number) => ({
  name: 'large',
  arguments: { answers, text: large(asks) },
});
const answered = (asks: number, answers: number) => ({
  content: [{ type: 'text', text: `${large(asks).length} ${large(answers)}` }],
});

/** Of a request that asks for progress: without that theirs sends nothing in parts. Theirs takes its time, too. */
const options = { onprogress: () => {}, timeout: 60_000 };

const sizes = [
  [100_000, 100],
  [100, 100_000],
  [1_000_000, 100],
  [100, 1_000_000],
] as const;

describe('a large message of a client of theirs and a server of ours', () => {
  it.each(sizes)('plain: %i bytes are asked and %i answered', async (asks, answers) => {
    const { client, errors } = await theirClientAtOurs('disabled', create);
    expect(await client.callTool(calling(asks, answers), undefined, options)).toEqual(
      answered(asks, answers),
    );
    expect(errors).toEqual([]);
  });

  it.each(sizes.filter(([asks]) => asks === 100))(
    'encrypted: %i bytes are asked and %i answered',
    async (asks, answers) => {
      const { client, errors } = await theirClientAtOurs('optional', create);
      expect(await client.callTool(calling(asks, answers), undefined, options)).toEqual(
        answered(asks, answers),
      );
      expect(errors).toEqual([]);
    },
  );

  it('encrypted: theirs cannot send one, to any server', async () => {
    const { client } = await theirClientAtOurs('optional', create);
    await expect(client.callTool(calling(100_000, 100), undefined, options)).rejects.toThrow(
      'invalid plaintext size',
    );
  });

  it('goes without progress being asked for as far as one event goes, and fails with a reason beyond', async () => {
    const { client } = await theirClientAtOurs('disabled', create);
    expect(await client.callTool(calling(100, 16_000))).toEqual(answered(100, 16_000));
    await expect(client.callTool(calling(100, 100_000))).rejects.toThrow('the answer is too large');
  });

  it('does not disturb another one that is under way, nor a small one beside it', async () => {
    const { client } = await theirClientAtOurs('disabled', create);
    const calls = [calling(100_000, 100_000), calling(120_000, 80_000), calling(100, 100)];
    const results = await Promise.all(calls.map((call) => client.callTool(call, undefined, options)));
    expect(results).toEqual([answered(100_000, 100_000), answered(120_000, 80_000), answered(100, 100)]);
  });
});

describe('a large message of a client of ours and a server of theirs', () => {
  it.each(sizes)('plain: %i bytes are asked and %i answered', async (asks, answers) => {
    const { client } = await ourClientAtTheirs('disabled', create, false);
    // Nobody asks for progress: the client knows that an answer may be large.
    const result = await client.callTool(calling(asks, answers), undefined, { timeout: 60_000 });
    expect(result).toEqual(answered(asks, answers));
  });

  it.each(sizes.filter(([, answers]) => answers === 100))(
    'encrypted: %i bytes are asked and %i answered',
    async (asks, answers) => {
      const { client } = await ourClientAtTheirs('optional', create, false);
      expect(await client.callTool(calling(asks, answers), undefined, options)).toEqual(
        answered(asks, answers),
      );
    },
  );

  it('encrypted: theirs cannot answer one, and says nothing', async () => {
    const { client } = await ourClientAtTheirs('optional', create, false);
    const late = client.callTool(calling(100, 100_000), undefined, { timeout: 3_000 });
    await expect(late).rejects.toThrow('timed out');
    expect(await client.callTool(calling(100, 100))).toEqual(answered(100, 100));
  });
});
