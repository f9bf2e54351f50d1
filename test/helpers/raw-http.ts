import { request as httpRequest } from 'node:http';

/** What a client of MCP 2026-07-28 says of itself with each request. */
export const modernMeta = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientInfo': { name: 'raw', version: '0' },
  'io.modelcontextprotocol/clientCapabilities': {},
};

export interface Message {
  id?: unknown;
  method?: string;
  params?: Record<string, unknown>;
  [key: string]: unknown;
}

const jsonHeaders = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };

/** One POST; a string goes as it is. */
export function post(
  url: string | URL,
  body: Message | string,
  headers: Record<string, string> = {},
  signal?: AbortSignal,
): Promise<Response> {
  return fetch(url, {
    method: 'POST',
    headers: { ...jsonHeaders, ...headers },
    body: typeof body === 'string' ? body : JSON.stringify({ jsonrpc: '2.0', ...body }),
    ...(signal && { signal }),
  });
}

/** A request as a client of MCP 2026-07-28 sends it, headers and all. */
export function postModern(
  url: string | URL,
  { method = '', params = {}, ...rest }: Message,
  headers: Record<string, string> = {},
  signal?: AbortSignal,
): Promise<Response> {
  const name = params['name'] ?? params['uri'];
  const own = {
    'mcp-protocol-version': '2026-07-28',
    'mcp-method': method,
    ...(typeof name === 'string' && { 'mcp-name': name }),
  };
  const meta = { ...modernMeta, ...(params['_meta'] as object | undefined) };
  const message = { id: 1, ...rest, method, params: { ...params, _meta: meta } };
  return post(url, message, { ...own, ...headers }, signal);
}

export const initialize: Message = {
  id: 0,
  method: 'initialize',
  params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'raw', version: '0' } },
};

/** Opens a session of the old era; returns the headers that its requests carry. */
export async function openSession(
  url: string | URL,
  headers: Record<string, string> = {},
): Promise<Record<string, string>> {
  const response = await post(url, initialize, headers);
  await messages(response);
  const session = {
    ...headers,
    'mcp-session-id': response.headers.get('mcp-session-id') ?? '',
    'mcp-protocol-version': '2025-11-25',
  };
  await post(url, { method: 'notifications/initialized' }, session);
  return session;
}

/** The messages of a response, of one or of a stream, to its end. */
export async function messages(response: Response): Promise<Message[]> {
  const text = await response.text();
  if (response.headers.get('content-type')?.startsWith('text/event-stream') !== true)
    return text === '' ? [] : [JSON.parse(text) as Message];
  return [...text.matchAll(/^data: (.+)$/gm)].map(([, data = '']) => JSON.parse(data) as Message);
}

/** One answer: its status and its only or last message. */
export async function answer(
  pending: Promise<Response>,
): Promise<{ status: number; body: Message | undefined }> {
  const response = await pending;
  return { status: response.status, body: (await messages(response)).at(-1) };
}

/** The status of a POST with headers that `fetch` does not let a program set. */
export function statusWith(
  url: URL,
  headers: Record<string, string>,
  body: Message,
): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      url,
      { method: 'POST', headers: { ...jsonHeaders, ...headers } },
      (response) => {
        response.resume();
        resolve(response.statusCode);
      },
    );
    request.on('error', reject);
    request.end(JSON.stringify({ jsonrpc: '2.0', ...body }));
  });
}
