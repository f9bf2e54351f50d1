/** How programs of this machine may speak to the server: Streamable HTTP, HTTP+SSE of MCP 2024-11-05, WebSocket. */
export type Way = 'http' | 'sse' | 'ws';

export const MCP_PATH = '/mcp';
const SSE_PATH = '/sse';
/** Where the `endpoint` event of an SSE stream sends its client's messages. */
export const MESSAGES_PATH = '/messages';
export const WEBSOCKET_PATH = '/ws';

/** Where each begins: what its user gives a program. */
export const wayPaths: Readonly<Record<Way, string>> = {
  http: MCP_PATH,
  sse: SSE_PATH,
  ws: WEBSOCKET_PATH,
};

/** The methods that each path takes. */
const wayMethods: Readonly<Record<Way, Record<string, string>>> = {
  http: { [MCP_PATH]: 'GET, POST, DELETE' },
  sse: { [SSE_PATH]: 'GET', [MESSAGES_PATH]: 'POST' },
  ws: { [WEBSOCKET_PATH]: 'GET' },
};

/** The same for those that are open, by path. */
export function methodsByPath(ways: readonly Way[]): Map<string, string> {
  return new Map(ways.flatMap((way) => Object.entries(wayMethods[way])));
}
