import { formatAddress, formatNpub, randomHex } from '@mcp-nostr/core';
import { introductionTags, supportTags } from '@mcp-nostr/core/contextvm';
import { atMost, Endpoint, type RelayState } from '@mcp-nostr/transport';

import { applicantOf, type Caller } from './caller.ts';
import { Announcer } from './contextvm/announcer.ts';
import { BareClients } from './contextvm/bare-clients.ts';
import type { BareSession } from './contextvm/bare-session.ts';
import { ownSupport } from './contextvm/own-support.ts';
import { Connections } from './connections.ts';
import { Entrance } from './entrance.ts';
import type { Hosting } from './hosted-session.ts';
import { limits } from './limits.ts';
import { LinkClients } from './link-clients.ts';
import { checkPredecessors, type CheckedPredecessor } from './predecessor.ts';
import type { McpServerFactory, McpServerLike } from './mcp-server.ts';
import { isDenial, type Permission, permitOrDeny, type Policy, policyOf } from './policy.ts';
import type { RequestSummary } from './requests.ts';
import { rivalError } from './rival-error.ts';
import type { NostrServer, ServeOptions } from './serve-options.ts';
import type { ServerConnection } from './server-connection.ts';
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
  readonly #endpoint: Endpoint;
  readonly #instance: string = randomHex(8);
  readonly #connections: Connections<ServerConnection<Mcp> | BareSession<Mcp>>;
  readonly #linked: LinkClients<Mcp>;
  readonly #bare: BareClients<Mcp> | undefined;
  readonly #policy: Policy;
  readonly #usages: Usages;
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
    // Where nobody is known there is nobody to reserve anything for.
    const strangersShare = options.strangersShare ?? (options.allow === 'public' ? 1 : limits.strangersShare);
    const nowSeconds = (): number => this.#endpoint.nowSeconds();
    const policy = sessionPolicy(policyOf(options.allow), nowSeconds);
    this.#policy = policy;
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
    this.#endpoint = new Endpoint({
      pubkey,
      signer: options.signer,
      relays: [...options.relays],
      encryption,
      accepts: () => true,
      onframe: (frame) => this.#isClosed || this.#linked.receive(frame),
      ...(contextvm !== false && {
        onbare: (incoming) => this.#isClosed || this.#bare?.receive(incoming),
        storedWraps: true,
        // Whoever asks in plain text is told that it must not.
        hearsPlain: options.refusals !== 'silent',
      }),
      onreach: (isReachable, isNew) => {
        this.#linked.relaysChanged(isReachable, isNew);
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
    const shared = {
      endpoint: this.#endpoint,
      policy,
      entrance,
      connections: this.#connections,
      unfinished: new Uploads(),
      hosting: this.#hosting,
      usage: (key: string, permission: Permission) => this.#usages.of(key, permission),
      onrequest: (summary: RequestSummary, caller: Caller) => this.#onrequest(summary, caller),
      onrival: () => this.#report(rivalError(this.npub)),
    };
    this.#linked = new LinkClients({
      ...shared,
      pubkey,
      instance: this.#instance,
      strangersShare,
      statement: moved?.json,
      clock,
      onrevoked: () => this.#permitAgain(),
    });
    if (contextvm !== false)
      this.#bare = new BareClients({
        ...shared,
        encryption,
        introduction: [...introductionTags(announce ?? {}), ...supportTags(support)],
        seen: options.seen,
        successor: moved && formatAddress(moved.successor),
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
