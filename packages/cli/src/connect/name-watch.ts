import { verify } from '../address-book/resolve-address.ts';
import type { OpenTransport } from '../client-transport.ts';
import { describeError } from '../errors.ts';
import type { Say } from '../log/log-options.ts';
import { GuardedTransport } from './guarded-transport.ts';
import { shownServer, type Upstream } from './joined/resolve-upstreams.ts';

/**
 * Asks the domains of names whether they still say what they said first. A host does not wait for that: its server is the
 * one whose key is known, whatever the domain says now. That it says something else is told, loudly.
 */
export class NameWatch {
  readonly #objections: Map<Upstream, string> = new Map();
  /** When all are asked; never rejects. */
  readonly done: Promise<unknown>;

  constructor(upstreams: readonly Upstream[], say: Say) {
    this.done = Promise.all(upstreams.map((each) => this.#verify(each, say)));
  }

  /** Why a server is not to be used, in a sentence without its end; undefined while nothing is known against it. */
  objection(upstream: Upstream): string | undefined {
    return this.#objections.get(upstream);
  }

  /** The same transports, which refuse requests once there is something against the server. */
  guard(upstream: Upstream, open: OpenTransport): OpenTransport {
    return () => new GuardedTransport(open, () => this.objection(upstream));
  }

  async #verify(upstream: Upstream, say: Say): Promise<void> {
    const { server } = upstream;
    if (server.nip05 === undefined || server.isVerified === true) return;
    try {
      const verified = await verify(server, (line) => say('warn', line));
      if (verified.isVerified === true) say('info', `verified: ${shownServer(verified)}`);
    } catch (error) {
      const { code, message, hint = '' } = describeError(error);
      say('error', `${message}; ${hint}`);
      if (code === 'pin_mismatch') this.#objections.set(upstream, `${message}; ${hint}`);
    }
  }
}
