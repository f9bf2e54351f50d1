import { type Credentials, escapedBytes, type Frame } from '@mcp-nostr/core';

import type { SessionKey } from './session-key.ts';

/** What the client shows of its rights: its grant while it lives, its invite until the server was heard. */
export class ClientCredentials {
  readonly #sessionKey: SessionKey | undefined;
  #invite: string | undefined;

  constructor(sessionKey: SessionKey | undefined, invite: string | undefined) {
    this.#sessionKey = sessionKey;
    this.#invite = invite;
  }

  /** Bytes in a frame. */
  get bytes(): number {
    return (this.#sessionKey?.grantBytes ?? 0) + escapedBytes(this.#invite ?? '');
  }

  /**
   * With the openings; the grant with probes too, since a server that was started again knows nobody. `support`: what
   * an opening says beside them.
   */
  for({ link: { sequence, control } }: Frame, support?: string[][]): Promise<Credentials> | undefined {
    const isOpening = sequence === 0 && control === undefined;
    if (!isOpening && control !== 'probe') return undefined;
    const shown: Credentials = {
      ...(isOpening && support !== undefined && { support }),
      ...(isOpening && this.#invite !== undefined && { invite: this.#invite }),
    };
    return this.#sessionKey === undefined && Object.keys(shown).length === 0 ? undefined : this.#make(shown);
  }

  /** The server has let us in. */
  heard(): void {
    this.#invite = undefined;
    this.#sessionKey?.heard();
  }

  async #make(shown: Credentials): Promise<Credentials> {
    const grant = await this.#sessionKey?.grant();
    return grant === undefined ? shown : { ...shown, grant };
  }
}
