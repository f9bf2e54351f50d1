import { expect } from 'vitest';

import { bothSpecs, nip } from '../citations.ts';
import { textOf } from '../client/party.ts';
import type { Requirement } from '../requirement.ts';
import { relayWays } from '../ways.ts';

export const sizes: readonly Requirement[] = [
  {
    id: 'sizes-around-a-frame',
    item: 'framing.size',
    text: 'texts of every size around that of a frame come through, there and back',
    era: 'both',
    cites: [nip('44'), ...bothSpecs('basic/transports')],
    ways: [...relayWays],
    run: async ({ main }) => {
      // Around what NIP-44 takes, and around what is left of it when an event and its tags are taken off.
      const lengths = [65_536, 65_535, 65_534, 64_800, 64_400, 49_000, 40_960, 40_200];
      const padding = lengths.map((length) => 'x'.repeat(length));
      const answers = await Promise.all(padding.map((text) => main.callTool('echo', { text })));
      expect(answers.map((answer) => textOf(answer).length)).toEqual(lengths);
    },
  },
  {
    id: 'large-image',
    item: 'framing.size',
    text: 'an image of 3 MiB and a binary resource come through unchanged, a small call between them',
    era: 'both',
    cites: [...bothSpecs('server/tools#image-content'), ...bothSpecs('server/resources#binary-content')],
    pairs: ['v1 client, v1 server', 'v2 client and server, modern'],
    run: async ({ main }) => {
      const [image, resource, echo] = await Promise.all([
        main.callTool('image', { bytes: 3 * 1024 * 1024 }),
        main.request('resources/read', { uri: 'fixture://blob' }),
        main.callTool('echo', { text: 'meanwhile' }),
      ]);
      const data = Buffer.alloc(3 * 1024 * 1024, 'image').toString('base64');
      expect((image['content'] as { data: string }[])[0]?.data === data).toBe(true);
      const blob = Buffer.from((resource['contents'] as { blob: string }[])[0]?.blob ?? '', 'base64');
      expect(blob.equals(Buffer.from(Array.from({ length: 70_000 }, (_, i) => i % 256)))).toBe(true);
      expect(textOf(echo)).toBe('meanwhile');
    },
  },
  {
    id: 'bound-of-size',
    item: 'framing.size',
    text: 'what is above the bound fails with an error that says so, and other calls go on',
    era: 'both',
    cites: [nip('44'), ...bothSpecs('basic/transports')],
    provenBy: [
      {
        file: 'test/e2e/refusals.test.ts',
        test: 'are answered with an error when they are results, and other calls go on',
      },
      {
        file: 'test/e2e/refusals.test.ts',
        test: 'fail at once when they are requests, and other calls go on',
      },
      {
        file: 'packages/transport/src/link/frame-bytes.test.ts',
        test: 'has at most 40,960 bytes where no relay says what it takes',
      },
    ],
  },
  {
    id: 'parts',
    item: 'framing.size',
    text: 'large messages interleave; unfinished ones leave nothing behind; a flood of them is bounded',
    era: 'both',
    cites: [nip('44'), ...bothSpecs('basic/transports')],
    provenBy: [
      {
        file: 'test/e2e/large-messages.test.ts',
        test: 'of several clients at once keep apart, up and down, with the same ids',
      },
      {
        file: 'test/e2e/large-messages.test.ts',
        test: 'leave nothing behind at the server, be they more than may be in parts at once',
      },
      {
        file: 'test/e2e/isolation.test.ts',
        test: 'of uploads: strangers who leave many unfinished keep nobody from sending a large message',
      },
    ],
  },
];
