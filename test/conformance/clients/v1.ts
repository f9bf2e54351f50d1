import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import { ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js';

/** A client of SDK 1.x. */
export async function connectV1(transport: Transport): Promise<Client> {
  const client = new Client(
    { name: 'everything-client-v1', version: '1.0.0' },
    { capabilities: { elicitation: { form: { applyDefaults: true } } } },
  );
  // Accepts whatever the defaults of the form say.
  client.setRequestHandler(ElicitRequestSchema, () => ({ action: 'accept', content: {} }));
  await client.connect(transport);
  return client;
}

export function httpTransportV1(url: URL): Transport {
  return new StreamableHTTPClientTransport(url);
}
