import { DecodeError } from './errors.ts';

/**
 * The tag of every frame (WIRE.md, section 4):
 * `["link", connection, sequence, acknowledged, instance, control?, detail?]`.
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
  /** `refuse`, `reset` and `bye`: the reason. Other control frames: random, so that no two are equal. */
  detail?: string;
}

/**
 * `ack`: heard you. `probe`: are you there? `bye`: this connection is over. `reset`: I do not know this connection.
 * `refuse`: I do not open this connection, for the reason in `detail`.
 */
export type LinkControl = 'ack' | 'probe' | 'bye' | 'reset' | 'refuse';

const LINK_TAG = 'link';
const CONNECTION = /^[0-9a-f]{32}$/;
const INSTANCE = /^(?:[0-9a-f]{16})?$/;
const NUMBER = /^(?:0|[1-9][0-9]{0,14})$/;
const CONTROLS: ReadonlySet<string> = new Set<LinkControl>(['ack', 'probe', 'bye', 'reset', 'refuse']);
const MAX_DETAIL_LENGTH = 200;

export function formatLinkTag(link: LinkTag): string[] {
  const sequence = link.sequence === undefined ? '' : String(link.sequence);
  const tag = [LINK_TAG, link.connection, sequence, String(link.acknowledged), link.instance];
  if (link.control !== undefined) tag.push(link.control, link.detail ?? '');
  return tag;
}

/** @throws {DecodeError} `bad_link` when there is no such tag, or it is malformed */
export function parseLinkTag(tags: string[][]): LinkTag {
  const tag = tags.find((each) => each[0] === LINK_TAG);
  if (tag === undefined) throw bad('there is none');
  const [, connection = '', sequence = '', acknowledged = '', instance = '', control, detail = ''] = tag;
  if (!CONNECTION.test(connection)) throw bad(`its connection is ${JSON.stringify(connection.slice(0, 64))}`);
  if (sequence !== '' && !NUMBER.test(sequence))
    throw bad(`its sequence is ${JSON.stringify(sequence.slice(0, 64))}`);
  if (!NUMBER.test(acknowledged))
    throw bad(`its acknowledgement is ${JSON.stringify(acknowledged.slice(0, 64))}`);
  if (!INSTANCE.test(instance)) throw bad(`its instance is ${JSON.stringify(instance.slice(0, 64))}`);
  const link: LinkTag = { connection, acknowledged: Number(acknowledged), instance };
  if (sequence !== '') link.sequence = Number(sequence);
  // Empty where a later version appends elements to a frame with messages.
  if (control !== undefined && control !== '') {
    if (!isControl(control)) throw bad(`its control is ${JSON.stringify(control.slice(0, 64))}`);
    link.control = control;
    link.detail = detail.slice(0, MAX_DETAIL_LENGTH);
  }
  const numbered = link.control === undefined || link.control === 'bye';
  if (numbered !== (link.sequence !== undefined)) throw bad('its sequence and control do not go together');
  return link;
}

function isControl(text: string): text is LinkControl {
  return CONTROLS.has(text);
}

function bad(reason: string): DecodeError {
  return new DecodeError('bad_link', `link tag not understood: ${reason}`);
}
