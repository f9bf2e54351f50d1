import { contextvmLimits } from './limits.ts';

/** What a peer says that it can do, in tags on its first message and on its announcement (CEP-35, CEP-6). */
export interface PeerSupport {
  /** It reads and writes gift wraps. */
  encryption: boolean;
  /** And those of kind 21059. */
  ephemeral: boolean;
  /** It takes messages in chunks (CEP-22). */
  oversized: boolean;
  /** It takes open streams (CEP-41). */
  openStream: boolean;
  /** A server that has a link (WIRE.md, section 4): the instance of its process. */
  link?: string;
  /** Ways to pay that it has (CEP-8), the one it likes best first. */
  pmis: string[];
  paymentInteraction?: PaymentInteraction;
}

/** `transparent`: pay while the request waits. `explicit_gating`: the request fails, pay, and send it again. */
export type PaymentInteraction = 'transparent' | 'explicit_gating';

const FLAGS = [
  ['encryption', 'support_encryption'],
  ['ephemeral', 'support_encryption_ephemeral'],
  ['oversized', 'support_oversized_transfer'],
  ['openStream', 'support_open_stream'],
] as const;
export const LINK = 'support_link';
const INSTANCE = /^[0-9a-f]{16}$/;
const PMI = /^[a-z0-9-]+$/;

export const noSupport: PeerSupport = {
  encryption: false,
  ephemeral: false,
  oversized: false,
  openStream: false,
  pmis: [],
};

/** Reads the tags of any event; those that it does not know, or that are malformed, say nothing. */
export function readSupport(tags: string[][]): PeerSupport {
  const support: PeerSupport = { ...noSupport, pmis: [] };
  // Both SDKs know a flag as a tag of one element only: one with a value is somebody else's.
  for (const [flag, name] of FLAGS) support[flag] = tags.some((tag) => tag.length === 1 && tag[0] === name);
  const link = valueOf(tags, LINK, INSTANCE);
  if (link !== undefined) support.link = link;
  support.pmis = pmisOf(tags);
  const interaction = tags.find((tag) => tag[0] === 'payment_interaction')?.[1];
  if (isPaymentInteraction(interaction)) support.paymentInteraction = interaction;
  return support;
}

/** The tags by which we say the same, in the order that ContextVM's own clients have. */
export function supportTags(own: Partial<PeerSupport>): string[][] {
  const { pmis = [], paymentInteraction, link } = own;
  return [
    ...FLAGS.filter(([flag]) => own[flag] === true).map(([, name]) => [name]),
    ...pmis.map((pmi) => ['pmi', pmi]),
    ...(paymentInteraction === undefined ? [] : [['payment_interaction', paymentInteraction]]),
    ...(link === undefined ? [] : [[LINK, link]]),
  ];
}

/**
 * What is known of a peer once it has said more. A flag is never unlearned: it is said once, and the messages that
 * follow have none.
 */
export function learnSupport(known: PeerSupport, said: PeerSupport): PeerSupport {
  const learned = { ...known, ...said, pmis: said.pmis.length > 0 ? said.pmis : known.pmis };
  for (const [flag] of FLAGS) learned[flag] = known[flag] || said[flag];
  return learned;
}

function isPaymentInteraction(value: unknown): value is PaymentInteraction {
  return value === 'transparent' || value === 'explicit_gating';
}

/** A way to pay (CEP-21). */
export function isPmi(value: unknown): value is string {
  return typeof value === 'string' && value.length <= contextvmLimits.maxPmiLength && PMI.test(value);
}

function pmisOf(tags: string[][]): string[] {
  const pmis = tags.filter((tag) => tag[0] === 'pmi').map((tag) => tag[1]);
  return [...new Set(pmis.filter((pmi) => isPmi(pmi)))].slice(0, contextvmLimits.maxPmis);
}

function valueOf(tags: string[][], name: string, pattern: RegExp): string | undefined {
  return tags.find((tag) => tag[0] === name && pattern.test(tag[1] ?? ''))?.[1];
}
