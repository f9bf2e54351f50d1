import { Filter, Glob } from '@mcp-nostr/core/filter';

import { DecodeError, isDeeperThan, limits, parseMessage } from '@mcp-nostr/core';

import { formatCatalogue, parseCatalogue } from '../../../packages/cli/src/connect/catalogue/catalogue.ts';
import { formatPins, parsePins } from '../../../packages/cli/src/pins/pins.ts';
import { LineReader } from '../../../packages/cli/src/json-lines.ts';
import { check, checkSame, jsonIn, readBy, type Target } from '../target.ts';
import { clientMessages, serverMessages } from './samples.ts';

/** What is known of a server, which is what it has said. */
const catalogues: Target = {
  name: 'catalogue',
  weight: 30,
  open: () => ({
    samples: [
      {
        format: 1,
        seenAt: 1,
        initialize: {
          requested: '2025-11-25',
          result: { protocolVersion: '2025-11-25', capabilities: {}, serverInfo: {} },
        },
        discovery: { error: { code: -32_022, message: 'no', data: { supported: ['2025-11-25'] } } },
        lists: { 'tools/list': [{ name: 'echo' }], 'prompts/list': [] },
      },
      {
        format: 1,
        discovery: { result: { supportedVersions: ['2026-07-28'], capabilities: {} } },
        lists: {},
      },
    ],
    take: (text) => {
      // It comes in messages, and is kept as it came.
      if (isDeeperThan(text, limits.maxJsonDepth)) return;
      const catalogue = parseCatalogue(jsonIn(text));
      checkSame(catalogue, parseCatalogue(JSON.parse(formatCatalogue(catalogue))));
    },
  }),
};

/** What was seen of a server's tools, which is what it has said. */
const pins: Target = {
  name: 'pins',
  weight: 30,
  open: () => ({
    samples: [
      {
        format: 1,
        listedAt: 1,
        instructions: {
          pinned: { sha256: 'a'.repeat(64), seenAt: 1, definition: { instructions: 'be kind' } },
        },
        tools: {
          echo: {
            pinned: { sha256: 'b'.repeat(64), seenAt: 1, definition: { name: 'echo', inputSchema: {} } },
            offered: {
              sha256: 'c'.repeat(64),
              seenAt: 2,
              definition: { name: 'echo', description: 'other' },
            },
          },
        },
      },
    ],
    take: (text) => {
      // It comes in messages, and is kept as it came.
      if (isDeeperThan(text, limits.maxJsonDepth)) return;
      const read = readBy(() => parsePins(text), SyntaxError);
      if (read === undefined) return;
      const written = formatPins(read);
      checkSame(written, formatPins(parsePins(written)));
    },
  }),
};

/** Patterns, which its own operator writes, or an identity in a grant. */
const globs: Target = {
  name: 'glob',
  weight: 40,
  open: () => ({
    samples: ['get_*', '[a-z]?*[!0-9]', 'file:///a/**', '*a*b*c*d*', '[]]', '[[]'],
    take: (text) => {
      const glob = readBy(() => new Glob(text), RangeError);
      if (glob === undefined) return;
      glob.matches(text);
      glob.matches(text.repeat(8).slice(0, 2_048), { ignoreCase: true });
    },
  }),
};

const filter = new Filter({
  tool: { allow: [new Glob('*')], deny: [new Glob('delete_*')] },
  resource: { allow: [new Glob('file:///public/*')], deny: [new Glob('*/private/*')] },
  prompt: { allow: [], deny: [new Glob('secret')] },
});

/** Whoever tries to get past a filter, from either side. */
const filters: Target = {
  name: 'filter',
  weight: 80,
  open: () => ({
    samples: [
      ...clientMessages,
      ...serverMessages,
      { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'delete_all', arguments: {} } },
      {
        jsonrpc: '2.0',
        id: 1,
        method: 'resources/read',
        params: { uri: 'file:///public/%2e%2e/private/key' },
      },
    ],
    take: (text) => {
      const message = readBy(() => parseMessage(text), DecodeError);
      if (message === undefined) return;
      const { message: passed } = filter.toServer(message);
      if (passed !== undefined) {
        checkSame(passed, filter.toServer(passed).message);
        const name = 'method' in passed && passed.method === 'tools/call' ? passed.params?.['name'] : '';
        check(
          typeof name === 'string' && !/^delete_/i.test(name.normalize('NFKC')),
          `past the filter: ${text}`,
        );
      }
      const shown = filter.toClient(message);
      if (shown !== undefined) checkSame(shown, filter.toClient(shown));
    },
  }),
};

/** What a program writes to its standard output, in chunks. */
const lines: Target = {
  name: 'json-lines',
  weight: 20,
  open: () => ({
    samples: [[...clientMessages, ...serverMessages].map((message) => JSON.stringify(message)).join('\n')],
    take: (text) => {
      const read = (size: number): string[] => {
        const found: string[] = [];
        const reader = new LineReader({
          online: (line) => found.push(line),
          ontoolong: () => {},
          maxLineBytes: 500,
        });
        const bytes = Buffer.from(text);
        for (let at = 0; at < bytes.length; at += size) reader.push(bytes.subarray(at, at + size));
        reader.end();
        return found;
      };
      checkSame(read(7 + (text.length % 64)), read(text.length + 1));
    },
  }),
};

export const fileTargets: readonly Target[] = [catalogues, pins, globs, filters, lines];
