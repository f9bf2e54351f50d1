import { formatAddress, formatNpub, randomHex } from '@mcp-nostr/core';
import { introductionTags, supportTags } from '@mcp-nostr/core/contextvm';
import { atMost, Endpoint, type IncomingFrame, type RelayState } from '@mcp-nostr/transport';

import { applicantOf, type Caller } from './caller.ts';
import { BareClients } from './contextvm/bare-clients.ts';
import type { BareSession } from './contextvm/bare-session.ts';
import { Announcer } from './contextvm/announcer.ts';
import { ownSupport } from './contextvm/own-support.ts';
import { Connections } from './connections.ts';
import { sendControlAnswer } from './control-answer.ts';
import { type Answer, Doorkeeper, type Visitor } from './doorkeeper.ts';
import { Entrance } from './entrance.ts';
import type { Hosting } from './hosted-session.ts';
import { limits } from './limits.ts';
import { checkPredecessors, type CheckedPredecessor } from './predecessor.ts';
import type { McpServerFactory, McpServerLike } from './mcp-server.ts';
import { Papers } from './papers.ts';
import { type Applicant, isDenial, type Permission, permitOrDeny, type Policy, policyOf } from './policy.ts';
import type { RequestSummary } from './requests.ts';
import { rivalError } from './rival-error.ts';
import type { NostrServer, ServeOptions } from './serve-options.ts';
import { ServerConnection } from './server-connection.ts';
import { sessionPolicy } from './session-policy.ts';
import { Uploads } from './uploads.ts';
import { Usages } from './usages.ts';

/**
 * Puts an MCP server on Nostr. `factory` makes a server for each connection, that is for each program of each
 * caller: the SDKs allow no other way, and nothing of one caller reaches another.
 * @throws {AddressError} for a relay's URL or an allowed key that cannot be read
 * @throws {DecodeError} for a predecessor whose statement is not its own
 */
export async function serve<Mcp extends McpServerLike>(
  options: ServeOptions<Mcp>,
  factory: McpServerFactory<Mcp>,
): Promise<NostrServer<Mcp>> {
  const pubkey = await options.signer.getPublicKey();
  const predecessors = await checkPredecessors(options.predecessors ?? [], pubkey);
  const former = predecessors.map(
    (each) =>
      new Server(
        each.pubkey,
        { ...options, onrelay: undefined, announce: undefined, signer: each.signer },
        factory,
        [],
        each,
      ),
  );
  return new Server(pubkey, options, factory, former);
}

class Server<Mcp extends McpServerLike> implements NostrServer<Mcp> {
  readonly pubkey: string;
  readonly npub: string;
  readonly #options: ServeOptions<Mcp>;
  readonly #hosting: Hosting<Mcp>;
  /** Its former keys. */
  readonly #former: readonly Server<Mcp>[];
  /** Set on a former key: nothing is served there. */
  readonly #moved: CheckedPredecessor | undefined;
  readonly #doorkeeper: Doorkeeper;
  readonly #endpoint: Endpoint;
  readonly #instance: string = randomHex(8);
  readonly #connections: Connections<ServerConnection<Mcp> | BareSession<Mcp>>;
  readonly #bare: BareClients<Mcp> | undefined;
  readonly #policy: Policy;
  readonly #papers: Papers;
  readonly #usages: Usages;
  readonly #unfinished = new Uploads();
  readonly #announcer: Announcer<Mcp> | undefined;
  readonly #sweeper: ReturnType<typeof setInterval>;
  readonly #unwatch: (() => void) | undefined;
  #isClosed = false;

  constructor(
    pubkey: string,
    options: ServeOptions<Mcp>,
    factory: McpServerFactory<Mcp>,
    former: readonly Server<Mcp>[] = [],
    moved?: CheckedPredecessor,
  ) {
    this.pubkey = pubkey;
    this.npub = formatNpub(pubkey);
    this.#options = options;
    const { authorize, contextvm, encryption = 'required', injectIdentity, serveStdio } = options;
    const commonSchemas = options.commonSchemas && new Set(options.commonSchemas);
    this.#hosting = { factory, authorize, injectIdentity, commonSchemas, serveStdio, onerror: this.#report };
    this.#former = former;
    this.#moved = moved;
    // Where nobody is known there is nobody to reserve anything for.
    const strangersShare = options.strangersShare ?? (options.allow === 'public' ? 1 : limits.strangersShare);
    const nowSeconds = (): number => this.#endpoint.nowSeconds();
    const policy = sessionPolicy(policyOf(options.allow), nowSeconds);
    this.#policy = policy;
    const onrevoked = (): void => this.#permitAgain();
    this.#papers = new Papers({ server: pubkey, policy, nowSeconds, clock, onrevoked });
    this.#connections = new Connections({
      max: options.maxConnections ?? limits.maxConnections,
      strangersShare,
    });
    this.#usages = new Usages({ clock, onblocked: (key) => queueMicrotask(() => this.#block(key)) }); // the request has its answer first
    const entrance = new Entrance({
      refusals: options.refusals ?? 'answer',
      strangersShare,
      hasMoved: moved !== undefined,
      clock,
      makeRoom: (key, isKnown) => this.#connections.makeRoom(key, isKnown),
      blockedMs: (key) => this.#usages.blockedMs(key),
      onrefused: (applicant, code) => this.#tell(() => options.onrefused?.({ applicant, code })),
    });
    this.#doorkeeper = new Doorkeeper({
      instance: this.#instance,
      policy,
      entrance,
      strangersShare,
      nowSeconds,
      clock,
      onrival: () => this.#report(rivalError(this.npub)),
    });
    this.#endpoint = new Endpoint({
      pubkey,
      signer: options.signer,
      relays: [...options.relays],
      encryption,
      accepts: () => true,
      onframe: (frame) => this.#onframe(frame),
      ...(contextvm !== false && {
        onbare: (incoming) => this.#isClosed || this.#bare?.receive(incoming),
        storedWraps: true,
        // Whoever asks in plain text is told that it must not.
        hearsPlain: options.refusals !== 'silent',
      }),
      onreach: (isReachable, isNew) => {
        for (const each of this.#connections.all)
          if (each instanceof ServerConnection) each.relaysChanged(isReachable, isNew);
        // For those who will find nobody at the former key.
        if (isNew && moved?.isPublished === true)
          this.#endpoint.publish(moved.statement, '', 'plain').catch(this.#report);
      },
      ondropped: this.#report,
      onstate: (state) => {
        this.#announcer?.relayChanged(state);
        options.onrelay?.(state);
      },
      now: options.now,
    });
    const { announce } = options;
    const support = ownSupport({ encryption, contextvm, instance: this.#instance });
    if (contextvm !== false)
      this.#bare = new BareClients({
        endpoint: this.#endpoint,
        encryption,
        introduction: [...introductionTags(announce ?? {}), ...supportTags(support)],
        policy,
        entrance,
        connections: this.#connections,
        unfinished: this.#unfinished,
        hosting: this.#hosting,
        usage: (key, permission) => this.#usages.of(key, permission),
        seen: options.seen,
        successor: moved && formatAddress(moved.successor),
        onrequest: (summary, caller) => this.#onrequest(summary, caller),
      });
    if (announce !== undefined)
      this.#announcer = new Announcer({
        pubkey,
        signer: options.signer,
        endpoint: this.#endpoint,
        hosting: this.#hosting,
        policy,
        announce,
        support,
        onannounced: (announced) => this.#tell(() => options.onannounced?.(announced)),
      });
    this.#sweeper = setInterval(() => this.#sweep(), limits.sweepMs);
    this.#unwatch = this.#policy.watch?.(() => this.#permitAgain());
  }

  get address(): string {
    return formatAddress({ pubkey: this.pubkey, relays: this.relays.map(({ url }) => url) });
  }

  get relays(): RelayState[] {
    return this.#endpoint.relays;
  }

  get connections(): number {
    return this.#connections.size;
  }

  get servers(): Mcp[] {
    const connected = this.#connections.all.flatMap((connection) => connection.servers);
    return [...connected, ...(this.#announcer?.servers ?? [])];
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearInterval(this.#sweeper);
    this.#unwatch?.();
    const closing = Promise.all(this.#connections.all.map((each) => each.close('server_closed')));
    await atMost(limits.closeTimeoutMs, closing);
    const watched = this.#announcer?.close();
    await Promise.all(this.#former.map((each) => each.close()));
    this.#endpoint.close();
    await atMost(limits.serverCloseTimeoutMs, Promise.all([closing, watched]));
  }

  #onframe(incoming: IncomingFrame): void {
    if (this.#isClosed) return;
    const { event, frame, isRepeat } = incoming;
    const key = `${event.pubkey}:${frame.link.connection}`;
    const found = this.#connections.get(key);
    const connection = found instanceof ServerConnection ? found : undefined;
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
    const mayRedeem = encrypted && frame.invite !== undefined && this.#policy.redeem !== undefined;
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
    const connection: ServerConnection<Mcp> = new ServerConnection({
      endpoint: this.#endpoint,
      caller,
      permission,
      usage: this.#usages.of(pubkey, permission),
      hosting: this.#hosting,
      instance: this.#instance,
      encrypted: opening.encrypted,
      unfinished: this.#unfinished,
      onrequest: (summary) => this.#onrequest(summary, caller),
      onended: (received, gone) => {
        this.#connections.remove(key, gone);
        this.#doorkeeper.ended(key, createdAt, received);
      },
    });
    this.#connections.add(key, connection);
    connection.receive(opening);
    void connection.start(); // it never rejects
  }

  /** The policy is another: what it says now counts from the next message on. */
  #permitAgain(): void {
    this.#announcer?.permitAgain();
    for (const connection of this.#connections.all) {
      const answer = permitOrDeny(this.#policy, applicantOf(connection.caller), this.#report);
      if (isDenial(answer)) void connection.close(answer.code); // it never rejects
      else connection.permit(answer, this.#usages.of(connection.caller.pubkey, answer));
    }
  }

  /** A key that goes on and on although it was told that it may not for now. */
  #block(pubkey: string): void {
    this.#report(new Error(`${formatNpub(pubkey)} goes on beyond its bounds; its connections are closed`));
    for (const connection of this.#connections.all)
      if (connection.caller.pubkey === pubkey) void connection.close('rate_limited'); // it never rejects
  }

  /** Never rejects. */
  #answer(incoming: IncomingFrame, answer: Answer): Promise<void> {
    return sendControlAnswer(incoming, answer, {
      endpoint: this.#endpoint,
      instance: this.#instance,
      successor: this.#moved?.json,
      onerror: this.#report,
    });
  }

  /** Handlers whose caller is gone are aborted, and their connection is free; what was allowed for a time ends. */
  #sweep(): void {
    this.#permitAgain();
    for (const connection of this.#connections.all) if (connection.isAbandoned) void connection.close('idle'); // it never rejects
  }

  #onrequest({ params, ...summary }: RequestSummary, caller: Caller): void {
    const { onrequest, reportParams } = this.#options;
    this.#tell(() => onrequest?.({ ...summary, ...(reportParams === true && { params }), caller }));
  }

  /** Whoever takes the reports must not be able to keep an answer from leaving. */
  #tell(report: () => void): void {
    try {
      report();
    } catch (error) {
      this.#report(error);
    }
  }

  readonly #report = (error: unknown): void => {
    try {
      this.#options.onerror?.(error instanceof Error ? error : new Error(String(error)));
    } catch {
      // Whoever takes the errors must not be able to stop the server.
    }
  };
}

function clock(): number {
  return performance.now();
}
