import { TransportError } from '@mcp-nostr/transport';

/** Why a server did not open a connection (WIRE.md, section 5), as its client's user reads it. */
export function refusalError(reason: string, server: string): TransportError {
  switch (reason) {
    case 'not_allowed':
      return new TransportError(
        'not_allowed',
        `${server} does not serve this key; ask its operator to allow it`,
      );
    case 'busy':
      return new TransportError('busy', `${server} has no room for another connection now; try again later`);
    case 'clock':
      return new TransportError(
        'not_allowed',
        `${server} refused the connection: its clock and that of this computer differ too much; set the wrong one`,
      );
    default:
      return new TransportError('not_allowed', `${server} refused the connection: ${reason}`);
  }
}
