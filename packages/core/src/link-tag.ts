import { DecodeError } from './errors.ts';

/**
 * The tag of every frame (WIRE.md, section 4):
 * `["link", connection, sequence, acknowledged, instance, control?, detail?, held?]`.
 */
export interface LinkTag {
  /** 128 random bits drawn by the client, 32 lower-case hex characters. */
  connection: string;
  /** The number of this frame in its direction, from 0; absent on control frames. */
  sequence?: number;
  /** The next number that the sender expects from its peer. */
  acknowledged: number;
  /** The server's process, 16 lower-case hex characters; empty while a client does not know it yet. */
  instance: string;
  /** What a frame without messages is for. `bye` takes a sequence number, the others do not. */
  control?: LinkControl;
  /** `refuse`, `reset` and `bye`: the reason. Other frames: random where no two may be equal. */
  detail?: string;
  /** Numbers beyond `acknowledged` that the sender holds: ranges, both ends included, ascending. */
  held?: NumberRange[];
}

export type NumberRange = readonly [first: number, last: number];

/**
 * `ack`: heard you. `probe`: are you there? `bye`: this connection is over. `reset`: I do not know this connection.
 * `refuse`: I do not open this connection, for the reason in `detail`.
 */
export type LinkControl = 'ack' | 'probe' | 'bye' | 'reset' | 'refuse';

/** More ranges than this are not written: what lies beyond is sent again at worst. */
export const MAX_HELD_RANGES = 16;

export const LINK_TAG = 'link';
const CONNECTION = /^[0-9a-f]{32}$/;
const INSTANCE = /^(?:[0-9a-f]{16})?$/;
const NUMBER = /^(?:0|[1-9][0-9]{0,14})$/;
const CONTROLS: ReadonlySet<string> = new Set<LinkControl>(['ack', 'probe', 'bye', 'reset', 'refuse']);
const MAX_DETAIL_LENGTH = 200;

export function formatLinkTag(link: LinkTag): string[] {
  const { control, detail, held = [] } = link;
  const sequence = link.sequence === undefined ? '' : String(link.sequence);
  const tag = [LINK_TAG, link.connection, sequence, String(link.acknowledged), link.instance];
  if (control !== undefined || detail !== undefined || held.length > 0) tag.push(control ?? '', detail ?? '');
  if (held.length > 0) tag.push(held.map(formatRange).join(','));
  return tag;
}

/** @throws {DecodeError} `bad_link` when there is no such tag, or it is malformed */
export function parseLinkTag(tags: string[][]): LinkTag {
  const tag = tags.find((each) => each[0] === LINK_TAG);
  if (tag === undefined) throw badLink('there is none');
  const [, connection = '', sequence = '', acknowledged = '', instance = '', control = '', detail = ''] = tag;
  if (!CONNECTION.test(connection)) throw badLink(`its connection is ${quote(connection)}`);
  if (!INSTANCE.test(instance)) throw badLink(`its instance is ${quote(instance)}`);
  const link: LinkTag = { connection, acknowledged: parseNumber(acknowledged, 'acknowledgement'), instance };
  if (sequence !== '') link.sequence = parseNumber(sequence, 'sequence');
  if (control !== '') {
    if (!isControl(control)) throw badLink(`its control is ${quote(control)}`);
    link.control = control;
  }
  if (control !== '' || detail !== '') link.detail = detail.slice(0, MAX_DETAIL_LENGTH);
  const numbered = link.control === undefined || link.control === 'bye';
  if (numbered !== (link.sequence !== undefined))
    throw badLink('its sequence and control do not go together');
  const held = tag[7] ?? '';
  if (held !== '') link.held = parseRanges(held, link.acknowledged);
  return link;
}

/** A number of the link tag or one beside it. @throws {DecodeError} `bad_link` */
export function parseNumber(text: string, what: string): number {
  if (!NUMBER.test(text)) throw badLink(`its ${what} is ${quote(text)}`);
  return Number(text);
}

export function badLink(reason: string): DecodeError {
  return new DecodeError('bad_link', `link tag not understood: ${reason}`);
}

function formatRange([first, last]: NumberRange): string {
  return first === last ? String(first) : `${first}-${last}`;
}

/** Each range beyond the one before and `acknowledged`, with a gap between. */
function parseRanges(text: string, acknowledged: number): NumberRange[] {
  const items = text.split(',', MAX_HELD_RANGES + 1);
  if (items.length > MAX_HELD_RANGES) throw badLink(`it holds more than ${MAX_HELD_RANGES} ranges`);
  let above = acknowledged;
  return items.map((item) => {
    const [from = '', to = from, ...rest] = item.split('-');
    if (rest.length > 0) throw badLink(`its held ranges are ${quote(text)}`);
    const first = parseNumber(from, 'held range');
    const last = parseNumber(to, 'held range');
    if (first <= above || last < first) throw badLink(`its held ranges are ${quote(text)}`);
    above = last + 1;
    return [first, last];
  });
}

function isControl(text: string): text is LinkControl {
  return CONTROLS.has(text);
}

function quote(text: string): string {
  return JSON.stringify(text.slice(0, 64));
}
