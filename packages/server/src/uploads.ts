import { type UnfinishedCount, UnfinishedMessages } from '@mcp-nostr/transport';

/** The unfinished messages of all connections of a server: those of strangers go before any other. */
export class Uploads extends UnfinishedMessages {
  /** For a connection: a message is a stranger's if it began as one. */
  of(isKnown: () => boolean): UnfinishedCount {
    return {
      grow: (message, bytes) => {
        message.goesFirst ??= !isKnown();
        this.grow(message, bytes);
      },
      remove: (message) => this.remove(message),
    };
  }
}
