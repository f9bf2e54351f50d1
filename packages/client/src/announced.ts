import {
  claimedVersion,
  isRequest,
  type JsonRpcMessage,
  type JsonRpcRequest,
  type JsonRpcResultResponse,
} from '@mcp-nostr/core';
import type { Announcement, PeerSupport } from '@mcp-nostr/core/contextvm';

/** What a server has announced, as far as it spares a client the first round trip: until the server itself is asked. */
export class Announced {
  readonly support: PeerSupport | undefined;
  #discover: Announcement['discover'];

  /** An announcement of another key says nothing. */
  constructor(announcement: Announcement | undefined, pubkey: string) {
    if (announcement?.pubkey !== pubkey) return;
    this.support = announcement.support;
    this.#discover = announcement.discover;
  }

  /** The process that the server was when it announced itself. */
  get instance(): string | undefined {
    return this.support?.link;
  }

  /** It takes plain text and nothing else. */
  get isPlainTextOnly(): boolean {
    return this.support !== undefined && !this.support.encryption;
  }

  /** The answer to `server/discover`. What goes to the server is not answered from here, nor anything that follows. */
  answer(message: JsonRpcMessage): JsonRpcResultResponse | undefined {
    const result =
      isRequest(message) && message.method === 'server/discover' ? this.#resultFor(message) : undefined;
    if (result === undefined) this.#discover = undefined;
    return result;
  }

  #resultFor(request: JsonRpcRequest): JsonRpcResultResponse | undefined {
    const result = this.#discover;
    const versions = result?.['supportedVersions'];
    const version = claimedVersion(request);
    if (result === undefined || !Array.isArray(versions) || !versions.includes(version)) return undefined;
    return { jsonrpc: '2.0', id: request.id, result };
  }
}
