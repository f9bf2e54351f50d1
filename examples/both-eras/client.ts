import { NostrClientTransport } from '@mcp-nostr/client';
import { Client } from '@modelcontextprotocol/client';

/** Connects in the era that the server speaks: the modern one if it can, else the old one. */
export async function connectModern(server: string): Promise<Client> {
  const client = new Client({ name: 'modern', version: '1.0.0' }, { versionNegotiation: { mode: 'auto' } });
  await client.connect(new NostrClientTransport({ server }));
  return client;
}

/** Resolves when it listens; from then on each change of the board is told. */
export async function watch(client: Client, onchange: () => void): Promise<void> {
  client.setNotificationHandler('notifications/resources/list_changed', onchange);
  await client.listen({ resourcesListChanged: true });
}
