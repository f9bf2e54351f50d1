import {
  eventJson,
  escapedBytes,
  generateSecretKey,
  getPublicKey,
  type GrantLimits,
  secretKeySigner,
  type Signer,
} from '@mcp-nostr/core';
import { TransportError } from '@mcp-nostr/transport';

import { createSession, type Session } from './create-session.ts';
import { limits } from './limits.ts';

/** Longer waits overflow a timer. */
const MAX_TIMER_MS = 2_147_483_647;

export interface SessionKeyOptions {
  /** Who grants; without one a session that has ended is not followed by another. */
  identity: Signer | undefined;
  /** One that was granted before; asked again before the identity is. */
  kept: () => Session | undefined;
  /** How long the first one lasts that the identity is asked for; those that follow it last as long. */
  sessionSeconds?: number | undefined;
  /** Its public key. */
  server: string;
  /** Seconds, by the server's clock as far as it is known. */
  nowSeconds: () => number;
  /** Whether something is waited for, so that the session must not end. */
  isInUse: () => boolean;
  /** There is another grant; `isNew`: the identity was asked for it. */
  onsession: (session: Session, isNew: boolean) => void;
  onerror: (error: unknown) => void;
}

/** A key that carries the traffic of an identity, which is asked for its grant when that is first needed. */
export class SessionKey {
  readonly pubkey: string;
  readonly signer: Signer;
  readonly #options: SessionKeyOptions;
  readonly #secretKey: Uint8Array;
  #session: Session | undefined;
  #grant: string | undefined;
  /** The identity is being asked. */
  #asking: Promise<string> | undefined;
  /** The server has not been heard since this grant was made. */
  #isUntried = false;
  /** The identity was asked to replace it and has not. */
  #isLast = false;
  /** Grants that the server has refused in a row. */
  #refusals = 0;
  /** When there was the last grant, and when the identity may be asked for another, on the clock of `performance.now()`. */
  #grantedAt = 0;
  #askAt = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isClosed = false;

  constructor(options: SessionKeyOptions) {
    this.#options = options;
    const session = options.kept();
    this.#secretKey = session?.secretKey ?? generateSecretKey();
    this.pubkey = getPublicKey(this.#secretKey);
    this.signer = secretKeySigner(this.#secretKey);
    if (session !== undefined) this.#keep(session);
  }

  /** What the grant takes in a frame. */
  get grantBytes(): number {
    return this.#grant === undefined ? limits.grantBytes : escapedBytes(this.#grant);
  }

  /**
   * The JSON of one that counts now. @throws {TransportError} `signer_failed`, or `grant_expired` where nobody can be
   * asked for another
   */
  async grant(): Promise<string> {
    const isOver = (this.#session?.expiresAt ?? 0) <= this.#options.nowSeconds();
    const grant = this.#grant === undefined || isOver ? await this.#ask() : this.#grant;
    this.#arm();
    return grant;
  }

  /** The server takes the grant. */
  heard(): void {
    this.#isUntried = false;
  }

  /**
   * The server does not take it. Returns whether another one may be taken now: a server must not have a person asked
   * as often as it likes.
   */
  refused(): boolean {
    const now = performance.now();
    this.#grant = undefined;
    if (now - this.#grantedAt > limits.maxAskAgainMs) this.#refusals = 0;
    const isFirst = this.#refusals === 0 && !this.#isUntried;
    this.#refusals++;
    const pauseMs = Math.min(limits.maxAskAgainMs, limits.askAgainMs * 2 ** this.#refusals);
    this.#askAt = isFirst ? now : now + pauseMs;
    return this.#options.identity !== undefined && isFirst;
  }

  /** Asks for the next grant where the present one ends soon. */
  renewIfDue(): void {
    const { identity, nowSeconds, onerror } = this.#options;
    if (identity === undefined || this.#grant === undefined || this.#isLast) return;
    if (nowSeconds() < this.#renewAt) return;
    this.#isLast = true;
    this.#ask().catch(onerror);
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  /** Seconds. */
  get #renewAt(): number {
    if (this.#session === undefined) return Infinity;
    const { expiresAt, grant } = this.#session;
    return expiresAt - Math.min(limits.renewBeforeSeconds, (expiresAt - grant.created_at) / 10);
  }

  #ask(): Promise<string> {
    this.#asking ??= this.#create().finally(() => {
      this.#asking = undefined;
    });
    return this.#asking;
  }

  async #create(): Promise<string> {
    const { identity, server, nowSeconds, sessionSeconds } = this.#options;
    const kept = this.#renewedElsewhere();
    if (kept !== undefined) return this.#take(kept, false);
    if (identity === undefined)
      throw new TransportError('grant_expired', 'the session has ended; start another one, with a signer');
    const waitSeconds = Math.ceil((this.#askAt - performance.now()) / 1000);
    if (waitSeconds > 0)
      throw new TransportError(
        'grant_expired',
        `the server has refused what was granted; the signer can be asked again in ${waitSeconds} s`,
      );
    const former = this.#session;
    const session = await createSession(identity, server, {
      secretKey: this.#secretKey,
      now: () => nowSeconds() * 1000,
      expiresInSeconds: sessionSeconds,
      ...(former && { ...limitsOf(former), expiresInSeconds: former.expiresAt - former.grant.created_at }),
    });
    return this.#take(session, true);
  }

  /** Another program with this session key may have asked the identity already. */
  #renewedElsewhere(): Session | undefined {
    const kept = this.#options.kept();
    const isLater = kept !== undefined && kept.expiresAt > (this.#session?.expiresAt ?? Infinity);
    return isLater && getPublicKey(kept.secretKey) === this.pubkey ? kept : undefined;
  }

  #take(session: Session, isNew: boolean): string {
    this.#isUntried = true;
    const grant = this.#keep(session);
    this.#arm();
    this.#options.onsession(session, isNew);
    return grant;
  }

  #keep(session: Session): string {
    this.#session = session;
    this.#grant = eventJson(session.grant);
    this.#isLast = false;
    this.#grantedAt = performance.now();
    return this.#grant;
  }

  #arm(): void {
    clearTimeout(this.#timer);
    if (this.#isClosed) return;
    const { nowSeconds, isInUse } = this.#options;
    const waitMs = Math.max(0, this.#renewAt - nowSeconds()) * 1000;
    const ondue = (): void => {
      if (nowSeconds() < this.#renewAt) this.#arm();
      // Nobody is asked for what is not in use: the next message does that.
      else if (isInUse()) this.renewIfDue();
    };
    this.#timer = setTimeout(ondue, Math.min(MAX_TIMER_MS, waitMs));
  }
}

/** The next grant allows what the one before did. */
function limitsOf({ grant: { tags } }: Session): GrantLimits {
  const valuesOf = (name: string): string[] | undefined => tags.find((tag) => tag[0] === name)?.slice(1);
  return {
    scopes: valuesOf('scopes'),
    tools: valuesOf('tools'),
    resources: valuesOf('resources'),
    prompts: valuesOf('prompts'),
  };
}
