import type { BareRequest } from './bare-request.ts';
import type { BareRequests } from './bare-requests.ts';
import type { Vigil } from './vigil.ts';

export interface WatchOptions {
  vigil: Vigil;
  requests: BareRequests;
  /** Milliseconds that only grow. */
  clock: () => number;
  /** The server is to be asked whether it lives. */
  ping: () => void;
  /** A request whose repetition does no harm is due once more. */
  resend: (request: BareRequest) => void;
  /** The server is taken for gone. */
  giveUp: (now: number) => void;
}

/** Sees to it in time that a server without link is asked, asked again, and given up. */
export class Watch {
  /** Something can leave. */
  isReachable = true;
  readonly #options: WatchOptions;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isClosed = false;

  constructor(options: WatchOptions) {
    this.#options = options;
  }

  /** Looks after what is due, and sees to it that it is asked again in time. */
  readonly look = (): void => {
    if (this.#isClosed) return;
    const { vigil, requests, clock, ping, resend, giveUp } = this.#options;
    const now = clock();
    vigil.awaits(requests.awaited, now);
    if (vigil.failsAt <= now) giveUp(now);
    if (this.isReachable && vigil.pingAt <= now) ping();
    for (const request of requests.all) if (this.isReachable && request.againAt <= now) resend(request);
    this.#arm(now);
  };

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  #arm(now: number): void {
    const { vigil, requests } = this.#options;
    clearTimeout(this.#timer);
    const due = requests.all.map(({ againAt }) => againAt);
    const at = Math.min(vigil.failsAt, ...(this.isReachable ? [vigil.pingAt, ...due] : []));
    if (at !== Infinity) this.#timer = setTimeout(this.look, Math.max(1, Math.ceil(at - now)));
  }
}
