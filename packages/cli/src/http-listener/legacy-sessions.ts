import { errorCodes, errorResponse } from './error-response.ts';
import type { Log, OpenTransport } from '../client-transport.ts';
import { LegacySession } from './legacy-session.ts';
import type { Limits } from './limits.ts';
import type { Seats } from './seats.ts';

export interface LegacySessionsOptions {
  open: OpenTransport;
  limits: Limits;
  seats: Seats;
  onlog: Log;
}

/** The era of `initialize`: sessions by `Mcp-Session-Id`. */
export class LegacySessions {
  readonly #options: LegacySessionsOptions;
  /** Those whose client knows the id, and those that are being initialized. */
  readonly #sessions: Set<LegacySession> = new Set();
  readonly #byId: Map<string, LegacySession> = new Map();

  constructor(options: LegacySessionsOptions) {
    this.#options = options;
  }

  /** `ended`: resolves when the response is written or the client has gone. */
  async serve(
    request: Request,
    body: unknown,
    isInitialize: boolean,
    ended: Promise<void>,
  ): Promise<Response> {
    const id = request.headers.get('mcp-session-id');
    if (id !== null) {
      const session = this.#byId.get(id);
      // Streamable HTTP, "Session Management": 404 tells the client to initialize anew.
      if (session === undefined) return errorResponse(404, errorCodes.sessionNotFound, 'Session not found');
      return session.handle(request, body, ended);
    }
    if (!isInitialize) {
      return errorResponse(400, errorCodes.badRequest, 'Bad Request: Mcp-Session-Id header is required');
    }
    if (!this.#makeRoom()) {
      const text = `${this.#options.seats.taken} sessions are in use; end one with DELETE, or try again later`;
      return errorResponse(503, errorCodes.badRequest, text);
    }
    const session = this.#open();
    const response = await session.handle(request, body, ended);
    // Refused by its headers or its params: the client has no id of it.
    if (session.id === undefined) session.close();
    return response;
  }

  /** Ends sessions that nobody has used for a while. */
  sweep(): void {
    for (const session of this.#sessions) {
      const idleMs = performance.now() - session.usedAt;
      if (session.isLeft && idleMs > this.#options.limits.sessionIdleMs)
        session.close('the session was idle');
    }
  }

  /** Answers what is under way; never rejects. */
  async close(): Promise<void> {
    const sessions = [...this.#sessions];
    for (const session of sessions) session.close('mcp-nostr was stopped');
    await Promise.all(sessions.map(({ goodbye }) => goodbye));
  }

  /** At the bound the session that was not used for longest makes room, if nothing of it is under way. */
  #makeRoom(): boolean {
    if (!this.#options.seats.isFull) return true;
    const oldest = [...this.#sessions].filter(({ isIdle }) => isIdle).sort((a, b) => a.usedAt - b.usedAt)[0];
    oldest?.close('room was needed for another session');
    return oldest !== undefined;
  }

  #open(): LegacySession {
    const leave = this.#options.seats.take();
    const session: LegacySession = new LegacySession({
      ...this.#options,
      oninitialized: (id) => void this.#byId.set(id, session),
      onclosed: () => {
        leave();
        this.#sessions.delete(session);
        if (session.id !== undefined) this.#byId.delete(session.id);
      },
    });
    this.#sessions.add(session);
    return session;
  }
}
