import {
  canonicalJson,
  DecodeError,
  isDeeperThan,
  isRecord,
  isResponse,
  limits,
  type NostrEvent,
  parseEvent,
  parseMessage,
} from '@mcp-nostr/core';
import {
  type Announcement,
  announcementTemplates,
  contextvmLimits,
  decodeBare,
  encodeBare,
  formatStreamFrame,
  formatTransferFrame,
  introductionTags,
  parseStreamFrame,
  parseTransferFrame,
  readAnnouncement,
  readIntroduction,
  readPaymentError,
  readPaymentNotice,
  readSupport,
  schemaHash,
  StreamAssembly,
  supportTags,
  TransferAssembly,
  type TransferFrame,
} from '@mcp-nostr/core/contextvm';

import { readPrices } from '../../../packages/core/src/contextvm/payment.ts';
import { commonSchemaTags, readCommonSchemas } from '../../../packages/core/src/contextvm/schema-hash.ts';
import { sha256Hex } from '../../../packages/core/src/contextvm/sha256.ts';
import vectors from '../../../packages/core/src/contextvm/contextvm.vectors.json' with { type: 'json' };
import { check, checkSame, jsonIn, readBy, type Target } from '../target.ts';

const streamMessages = vectors.stream.frames.map(({ event }): unknown => JSON.parse(event.content));

/** The frames of a list of messages, up to the first that cannot be read. */
function framesIn<Frame>(
  text: string,
  parse: (message: ReturnType<typeof parseMessage>) => Frame | undefined,
): Frame[] {
  // Nobody can write down again what is deeper.
  const list = isDeeperThan(text, limits.maxJsonDepth) ? [] : jsonIn(text);
  return (Array.isArray(list) ? list : [list]).flatMap((each: unknown) => {
    const frame = readBy(() => parse(parseMessage(JSON.stringify(each) ?? '')), DecodeError);
    return frame === undefined ? [] : [frame];
  });
}

/** Tags and content of a message without a link. */
const bareMessages: Target = {
  name: 'bare-message',
  weight: 20,
  open: () => ({
    samples: vectors.messages.map(({ event: { tags, content } }) => ({ tags, content })),
    take: (text) => {
      const value = jsonIn(text);
      const [sample] = vectors.messages;
      const event = { ...sample?.event, ...(isRecord(value) ? value : {}) };
      const read = readBy(() => decodeBare(parseEvent(event)), DecodeError);
      if (read !== undefined) checkSame(read, decodeBare(encodeBare(read, 'p', 1)));
    },
  }),
};

const frames: Target = {
  name: 'progress-frame',
  weight: 60,
  open: () => ({
    samples: [...vectors.transferFrames.map(({ message }) => message), ...streamMessages],
    take: (text) => {
      for (const frame of framesIn(text, parseTransferFrame))
        checkSame(frame, parseTransferFrame(formatTransferFrame(frame)));
      for (const frame of framesIn(text, parseStreamFrame))
        checkSame(frame, parseStreamFrame(formatStreamFrame(frame)));
    },
  }),
};

const MAX_TRANSFER_BYTES = 400;

/** Frames of one transfer, as somebody sends them who means no good. */
const transfers: Target = {
  name: 'transfer',
  weight: 60,
  open: () => {
    let whole = 0;
    return {
      samples: [...vectors.transfers, ...vectors.badTransfers].map(({ messages }) => messages),
      take: (text) => {
        const assembly = new TransferAssembly(MAX_TRANSFER_BYTES);
        const digests = new Set<string>();
        for (const frame of framesIn(text, parseTransferFrame)) {
          if (frame.frameType === 'start') digests.add(frame.digest);
          const made = readBy(() => ({ text: assembly.add(frame) }), DecodeError);
          if (made === undefined) return;
          checkHeld(assembly, frame);
          if (made.text === undefined) continue;
          check(digests.has(sha256Hex(made.text)), 'a text that nobody has announced');
          whole++;
        }
      },
      verify: () => check(whole > 0, 'no transfer came through'),
    };
  },
};

function checkHeld({ heldBytes }: TransferAssembly, { frameType }: TransferFrame): void {
  const most = MAX_TRANSFER_BYTES + 100 * contextvmLimits.chunkOverheadBytes;
  check(heldBytes <= most, `a transfer holds ${heldBytes} bytes after its ${frameType}`);
}

const streams: Target = {
  name: 'open-stream',
  weight: 40,
  open: () => {
    let complete = 0;
    return {
      samples: [streamMessages, streamMessages.toReversed(), [...streamMessages, ...streamMessages]],
      take: (text) => {
        const assembly = new StreamAssembly();
        const first = new Map<number, string>();
        const given: string[] = [];
        for (const frame of framesIn(text, parseStreamFrame)) {
          if (frame.frameType !== 'chunk' && frame.frameType !== 'close') continue;
          if (frame.frameType === 'chunk' && !first.has(frame.chunkIndex))
            first.set(frame.chunkIndex, frame.data);
          const data = readBy(() => assembly.add(frame), DecodeError);
          if (data === undefined) return;
          given.push(...data);
        }
        checkSame(
          given,
          given.map((_, index) => first.get(index)),
        );
        if (assembly.isComplete) complete++;
      },
      verify: () => check(complete > 0, 'no stream came through'),
    };
  },
};

const pubkey = vectors.keys.server.pubkey;
const NOW = Math.max(...vectors.announcements.map(({ nowSeconds }) => nowSeconds));

/** What servers publish of themselves, and whoever else writes to a relay. */
const announcements: Target = {
  name: 'announcement',
  weight: 60,
  open: () => {
    let read = 0;
    return {
      samples: vectors.announcements.map(({ events }) => events),
      take: (text) => {
        const list = jsonIn(text);
        const events = (Array.isArray(list) ? list : []).flatMap((each: unknown): NostrEvent[] => {
          const event = readBy(() => parseEvent(each), DecodeError);
          return event === undefined ? [] : [event];
        });
        const found = readAnnouncement(pubkey, events, NOW);
        if (found?.initialize === undefined) return;
        read++;
        checkSame(offered(found), offered(readAnnouncement(pubkey, republished(found), NOW)));
      },
      verify: () => check(read > 0, 'no announcement was read'),
    };
  },
};

function republished(announcement: Announcement): NostrEvent[] {
  const { initialize = {}, discover, support, schemas, categories, ...rest } = announcement;
  const { tools, resources, resourceTemplates, prompts, createdAt, ...introduction } = rest;
  const lists = { tools, resources, resourceTemplates, prompts };
  const offer = { initialize, discover, introduction, support, lists, schemas, categories };
  const templates = announcementTemplates(offer, createdAt);
  return templates.map((template) => ({ ...template, pubkey, id: '0'.repeat(64), sig: '0'.repeat(128) }));
}

/** Without what is published apart from it. */
function offered(announcement: Announcement | undefined): unknown {
  if (announcement === undefined) return undefined;
  const { relays: _relays, prices: _prices, categories, ...rest } = announcement;
  // A category belongs to a schema.
  return canonicalJson({ ...rest, categories: rest.schemas.length > 0 ? categories : [] });
}

const tags: Target = {
  name: 'discovery-tags',
  weight: 40,
  open: () => ({
    samples: [
      ...vectors.messages.map(({ event }) => event.tags),
      ...vectors.announcements.flatMap(({ events }) => events.map((event) => event.tags)),
      [
        ['support_link', '5'.repeat(16)],
        ['payment_interaction', 'transparent'],
        ['pmi', 'a'],
        ['name', 'é'],
      ],
    ],
    take: (text) => {
      const value = jsonIn(text);
      const [sample] = vectors.messages;
      const event = readBy(() => parseEvent({ ...sample?.event, tags: value }), DecodeError);
      if (event === undefined) return;
      const support = readSupport(event.tags);
      checkSame(support, readSupport(supportTags(support)));
      const introduction = readIntroduction(event.tags);
      checkSame(introduction, readIntroduction(introductionTags(introduction)));
      const { schemas, categories } = readCommonSchemas(event.tags);
      if (schemas.length > 0)
        checkSame({ schemas, categories }, readCommonSchemas(commonSchemaTags(schemas, categories)));
      const prices = readPrices(event.tags);
      checkSame(
        prices,
        readPrices(prices.map(({ capability, price, unit }) => ['cap', capability, price, unit])),
      );
    },
  }),
};

const payments: Target = {
  name: 'payment',
  weight: 30,
  open: () => ({
    samples: [
      ...vectors.paymentNotices.map(({ event }): unknown => JSON.parse(event.content)),
      ...vectors.paymentErrors.map(({ message }) => message),
    ],
    take: (text) => {
      const message = readBy(() => parseMessage(text), DecodeError);
      if (message === undefined) return;
      const notice = readPaymentNotice(message);
      if (notice?.type === 'required') checkPayable(notice);
      const error = isResponse(message) && 'error' in message ? readPaymentError(message) : undefined;
      if (error?.type === 'required') for (const option of error.options) checkPayable(option);
    },
  }),
};

function checkPayable({
  amount,
  payRequest,
  ttlSeconds = 0,
}: {
  amount: number;
  payRequest: string;
  ttlSeconds?: number | undefined;
}): void {
  check(amount >= 0 && Number.isFinite(amount), `an amount of ${amount}`);
  check(payRequest !== '', 'nothing to pay');
  check(ttlSeconds >= 0 && ttlSeconds <= contextvmLimits.maxPaymentSeconds, `a time of ${ttlSeconds} s`);
}

const schemas: Target = {
  name: 'schema-hash',
  weight: 20,
  open: () => ({
    samples: vectors.schemaHashes.map(({ tool }) => tool),
    take: (text) => {
      if (isDeeperThan(text, limits.maxJsonDepth)) return;
      const value = jsonIn(text);
      if (!isRecord(value)) return;
      const { name, inputSchema, outputSchema } = value;
      if (typeof name !== 'string') return;
      const tool = { name, inputSchema, outputSchema };
      const hash = readBy(() => schemaHash(tool), DecodeError);
      if (hash === undefined) return;
      checkSame(
        hash,
        schemaHash({ name: tool.name, inputSchema: sorted(inputSchema), outputSchema: sorted(outputSchema) }),
      );
    },
  }),
};

function sorted(value: unknown): unknown {
  return value === undefined ? undefined : jsonIn(canonicalJson(value));
}

export const contextvmTargets: readonly Target[] = [
  bareMessages,
  frames,
  transfers,
  streams,
  announcements,
  tags,
  payments,
  schemas,
];
