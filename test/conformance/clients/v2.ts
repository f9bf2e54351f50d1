import { Client, StreamableHTTPClientTransport, type Transport } from '@modelcontextprotocol/client';

/** A client of SDK 2.x, which finds out by itself whether its server is of the new era. */
export async function connectV2(transport: Transport, isModern: boolean): Promise<Client> {
  const client = new Client(
    { name: 'everything-client-v2', version: '1.0.0' },
    {
      capabilities: { elicitation: { form: { applyDefaults: true } }, sampling: {}, roots: {} },
      versionNegotiation: { mode: isModern ? 'auto' : 'legacy' },
    },
  );
  // Accepts whatever the defaults of the form say.
  client.setRequestHandler('elicitation/create', () => ({ action: 'accept', content: {} }));
  await client.connect(transport);
  return client;
}

export function httpTransportV2(url: URL): Transport {
  return new StreamableHTTPClientTransport(url);
}
