import { ApplesauceRelayPool, NostrServerTransport, PrivateKeySigner } from '@contextvm/sdk';

import { weather } from './weather.ts';

export async function serveTheirs(hexKey: string, relays: string[]): Promise<() => Promise<void>> {
  const server = weather();
  await server.connect(
    new NostrServerTransport({
      signer: new PrivateKeySigner(hexKey),
      relayHandler: new ApplesauceRelayPool(relays),
      isAnnouncedServer: true,
      serverInfo: { name: 'Weather' },
    }),
  );
  return () => server.close();
}
