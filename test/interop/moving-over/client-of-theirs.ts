import { ApplesauceRelayPool, NostrClientTransport, PrivateKeySigner } from '@contextvm/sdk';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';

export async function connectTheirs(hexKey: string, serverPubkey: string, relays: string[]): Promise<Client> {
  const client = new Client({ name: 'app', version: '1.0.0' });
  await client.connect(
    new NostrClientTransport({
      signer: new PrivateKeySigner(hexKey),
      relayHandler: new ApplesauceRelayPool(relays),
      serverPubkey,
    }),
  );
  return client;
}
