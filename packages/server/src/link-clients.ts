import { formatNpub } from '@mcp-nostr/core';
import type { Endpoint, IncomingFrame } from '@mcp-nostr/transport';

import { applicantOf, type Caller } from './caller.ts';
import type { Connections } from './connections.ts';
import { sendControlAnswer } from './control-answer.ts';
import { type Answer, Doorkeeper, type Visitor } from './doorkeeper.ts';
import type { Entrance } from './entrance.ts';
import type { Hosting } from './hosted-session.ts';
import type { KeyUsage } from './key-usage.ts';
import type { McpServerLike } from './mcp-server.ts';
import { Papers } from './papers.ts';
import type { Applicant, Permission, Policy } from './policy.ts';
import type { RequestSummary } from './requests.ts';
import { ServerConnection } from './server-connection.ts';
import type { Uploads } from './uploads.ts';

export interface LinkClientsOptions<Mcp extends McpServerLike> {
  endpoint: Endpoint;
  pubkey: string;
  /** This process of the server. */
  instance: string;
  policy: Policy;
  entrance: Entrance;
  strangersShare: number;
  connections: Pick<Connections<ServerConnection<Mcp>>, 'add' | 'remove'>;
  unfinished: Uploads;
  hosting: Hosting<Mcp>;
  usage: (pubkey: string, permission: Permission) => KeyUsage | undefined;
  /** What the server, at a former key, says of the one that follows it. */
  statement?: string | undefined;
  /** Milliseconds that only grow. */
  clock: () => number;
  onrequest: (summary: RequestSummary, caller: Caller) => void;
  /** Another process serves our key. */
  onrival: () => void;
  /** Somebody has taken sessions back. */
  onrevoked: () => void;
}

/** Whoever talks to the server over a link. */
export class LinkClients<Mcp extends McpServerLike = McpServerLike> {
  readonly #options: LinkClientsOptions<Mcp>;
  readonly #doorkeeper: Doorkeeper;
  readonly #papers: Papers;
  readonly #connections: Map<string, ServerConnection<Mcp>> = new Map();

  constructor(options: LinkClientsOptions<Mcp>) {
    const { endpoint, pubkey } = options;
    const nowSeconds = (): number => endpoint.nowSeconds();
    this.#options = options;
    this.#papers = new Papers({ ...options, server: pubkey, nowSeconds });
    this.#doorkeeper = new Doorkeeper({ ...options, nowSeconds });
  }

  /** The set of usable relays changed; `isNew`: one became usable. */
  relaysChanged(isReachable: boolean, isNew: boolean): void {
    for (const connection of this.#connections.values()) connection.relaysChanged(isReachable, isNew);
  }

  /** A verified frame. */
  receive(incoming: IncomingFrame): void {
    const { event, frame, isRepeat } = incoming;
    const key = `${event.pubkey}:${frame.link.connection}`;
    const connection = this.#connections.get(key);
    const identified = this.#identify(incoming, connection);
    if (identified === undefined) return;
    const { created_at: createdAt } = event;
    const visitor = { ...identified, createdAt, frame, isRepeat, isEncrypted: incoming.encrypted };
    const verdict = this.#doorkeeper.judge(key, visitor, connection !== undefined);
    switch (verdict.kind) {
      case 'deliver':
        connection?.receive(incoming);
        break;
      case 'open':
        this.#open(key, incoming, visitor.applicant, verdict.permission);
        break;
      case 'leave':
        void connection?.close('other_instance'); // it never rejects
        if (verdict.answer !== undefined) void this.#answer(incoming, verdict.answer); // it never rejects
        break;
      case 'answer':
        void this.#answer(incoming, verdict.answer); // it never rejects
        break;
      case 'drop':
        break;
    }
  }

  /** Who signed a frame and for whom; undefined when there was no time to find out. */
  #identify(
    { event, frame, encrypted }: IncomingFrame,
    connection: ServerConnection<Mcp> | undefined,
  ): Pick<Visitor, 'applicant' | 'refusal' | 'isKnown'> | undefined {
    const known = connection && { applicant: applicantOf(connection.caller) };
    if (known !== undefined && frame.grant === undefined) return known;
    const mayRedeem = encrypted && frame.invite !== undefined && this.#options.policy.redeem !== undefined;
    const reading = this.#papers.read(event.pubkey, frame, mayRedeem);
    const { applicant, refusal, isKnown } = reading;
    if (connection !== undefined && applicant !== undefined) connection.renew(applicant);
    if (known !== undefined || reading.isUnread) return known;
    return { applicant: applicant ?? { pubkey: event.pubkey }, refusal, isKnown };
  }

  #open(key: string, opening: IncomingFrame, { pubkey, session }: Applicant, permission: Permission): void {
    const { created_at: createdAt } = opening.event;
    const { connection: connectionId } = opening.frame.link;
    const caller: Caller = { pubkey, npub: formatNpub(pubkey), connectionId };
    if (session !== undefined) caller.session = session;
    const { connections, usage, onrequest } = this.#options;
    const connection: ServerConnection<Mcp> = new ServerConnection({
      ...this.#options,
      caller,
      permission,
      usage: usage(pubkey, permission),
      encrypted: opening.encrypted,
      onrequest: (summary) => onrequest(summary, caller),
      onended: (received, gone) => {
        this.#connections.delete(key);
        connections.remove(key, gone);
        this.#doorkeeper.ended(key, createdAt, received);
      },
    });
    this.#connections.set(key, connection);
    connections.add(key, connection);
    connection.receive(opening);
    void connection.start(); // it never rejects
  }

  /** Never rejects. */
  #answer(incoming: IncomingFrame, answer: Answer): Promise<void> {
    const { endpoint, instance, statement, hosting } = this.#options;
    const onerror = (error: unknown): void =>
      hosting.onerror(error instanceof Error ? error : new Error(String(error)));
    return sendControlAnswer(incoming, answer, { endpoint, instance, successor: statement, onerror });
  }
}
