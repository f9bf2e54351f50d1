import {
  SSEClientTransport as Sse2,
  StreamableHTTPClientTransport as Http2,
} from '@modelcontextprotocol/client';
import { StdioClientTransport as Stdio2 } from '@modelcontextprotocol/client/stdio';
import { SSEClientTransport as Sse1 } from '@modelcontextprotocol/sdk/client/sse.js';
import { StreamableHTTPClientTransport as Http1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';

import { converse, echo2 } from './callers.ts';
import type { Check } from './check.ts';
import { authorization, environment } from './scene.ts';
import { webSocketTransport } from './web-socket.ts';

const requestInit = { headers: { Authorization: authorization } };

/** The clients of both lines of the SDK, each against the end of ours that is made for it. */
export const sdkClients: readonly Check[] = [
  {
    name: 'SDK 1.x, stdio -> connect',
    run: (scene) => converse(scene.stdio(scene.stage.cli, ['connect', scene.stage.everything])),
  },
  {
    name: 'SDK 1.x, Streamable HTTP -> connect --http',
    run: async (scene) => converse(new Http1(new URL(await scene.listen('http')), { requestInit })),
  },
  {
    name: 'SDK 1.x, HTTP+SSE -> connect --sse',
    run: async (scene) => converse(new Sse1(new URL(await scene.listen('sse')), { requestInit })),
  },
  {
    name: 'SDK 1.x, WebSocket -> connect --ws',
    run: async (scene) => converse(webSocketTransport(await scene.listen('ws'))),
  },
  {
    name: 'SDK 2.x, stdio -> connect',
    run: ({ stage }) =>
      echo2(
        new Stdio2({
          command: process.execPath,
          args: [stage.cli, 'connect', stage.everything],
          env: environment(stage.folder),
          stderr: 'ignore',
        }),
      ),
  },
  {
    name: 'SDK 2.x, Streamable HTTP -> connect --http',
    run: async (scene) => echo2(new Http2(new URL(await scene.listen('http')), { requestInit })),
  },
  {
    name: 'SDK 2.x, HTTP+SSE -> connect --sse',
    run: async (scene) => echo2(new Sse2(new URL(await scene.listen('sse')), { requestInit })),
  },
];
