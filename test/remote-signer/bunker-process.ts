import { RelayPool } from '@mcp-nostr/transport';
import { NostrConnectProvider } from 'applesauce-signers/signers/nostr-connect-provider';
import { PrivateKeySigner } from 'applesauce-signers/signers/private-key-signer';

/** What a bunker is. Its keys are those of a test. */
export interface BunkerSetup {
  relay: string;
  /** The key that it signs with, hexadecimal. */
  userKey: string;
  /** Its own. */
  signerKey: string;
  secret?: string | undefined;
  /** A client that it knows from its former life. */
  client?: string | undefined;
  /** An offer (`nostrconnect://`) that it takes up. */
  offer?: string | undefined;
}

/** What the process is told: to be this bunker, or to be none, as one that was ended. */
export type BunkerCommand = { type: 'open'; setup: BunkerSetup } | { type: 'close' };

/** What it says. */
export type BunkerMessage =
  | { type: 'opened' }
  | { type: 'closed' }
  | { type: 'connected'; client: string; permissions: string[] }
  | { type: 'signed'; kind: number }
  | { type: 'decrypted' };

const say = (message: BunkerMessage): void => void process.send?.(message);
let end: (() => Promise<void>) | undefined;

process.on('disconnect', () => process.exit());
process.on('message', (message) => void obey(message as BunkerCommand));

async function obey(command: BunkerCommand): Promise<void> {
  await end?.();
  end = undefined;
  if (command.type === 'close') return say({ type: 'closed' });
  end = await open(command.setup);
  say({ type: 'opened' });
}

async function open(setup: BunkerSetup): Promise<() => Promise<void>> {
  let reached: () => void = () => {};
  const isReached = new Promise<void>((resolve) => (reached = resolve));
  const pool = new RelayPool({ relays: [setup.relay], onstate: () => pool.isReady && reached() });
  let permissions: string[] | undefined;
  /** It allows what it was asked for at connect and nothing else, as a careful person would. */
  const isAllowed = (permission: string): boolean => permissions?.includes(permission) ?? true;
  // What it knows of Nostr is its own; only the sockets are ours.
  const provider = new NostrConnectProvider({
    relays: [setup.relay],
    upstream: PrivateKeySigner.fromKey(setup.userKey),
    signer: PrivateKeySigner.fromKey(setup.signerKey),
    ...(setup.secret === undefined ? {} : { bunkerSecret: setup.secret }),
    subscriptionMethod: (_relays, filters) => {
      const events = {
        subscribe: (observer: { next: (event: unknown) => void }) => ({
          unsubscribe: pool.subscribe(() => filters, observer.next.bind(observer)),
        }),
        '@@observable': () => events,
      };
      return events as never;
    },
    publishMethod: (_relays, event) => pool.publish(event),
    onConnect: (client, asked) => {
      permissions = asked;
      say({ type: 'connected', client, permissions: asked });
      return true;
    },
    onSignEvent: ({ kind }) => {
      say({ type: 'signed', kind });
      return isAllowed(`sign_event:${kind}`);
    },
    onNip44Decrypt: () => {
      say({ type: 'decrypted' });
      return isAllowed('nip44_decrypt');
    },
  });
  if (setup.client !== undefined) provider.client = setup.client;
  await provider.start(setup.offer);
  await isReached;
  return async () => {
    pool.close();
    await provider.stop();
  };
}
