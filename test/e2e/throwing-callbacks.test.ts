import { NostrClientTransport } from '@mcp-nostr/client';
import { isRequest, type JsonRpcMessage } from '@mcp-nostr/core';
import { serve } from '@mcp-nostr/server';
import { describe, expect, it, onTestFinished, vi } from 'vitest';

import { connect } from '../helpers/one-relay.ts';
import { Recorder } from '../helpers/recorder.ts';
import { openScriptedRelay } from '../helpers/scripted-relay.ts';
import { newSigner } from '../helpers/world.ts';

const patience = { timeout: 10_000 };
const ping = { jsonrpc: '2.0' as const, method: 'ping' };

/** What would have ended the process. */
function watchProcess(): unknown[] {
  const fatal: unknown[] = [];
  const add = (error: unknown): void => void fatal.push(error);
  process.on('uncaughtException', add);
  process.on('unhandledRejection', add);
  onTestFinished(() => {
    process.off('uncaughtException', add);
    process.off('unhandledRejection', add);
  });
  return fatal;
}

/** Node tells of an unhandled rejection when the microtasks are done. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function thrower(name: string) {
  return vi.fn(() => {
    throw new Error(`${name} threw`);
  });
}

describe('callbacks that throw', () => {
  it('end neither a server nor a client nor the process', async () => {
    const fatal = watchProcess();
    // It hands everything to everybody, so that each side has something to complain about.
    const relay = await openScriptedRelay();
    const atServer = {
      onrelay: thrower('onrelay'),
      onrequest: thrower('onrequest'),
      onerror: thrower('onerror'),
    };
    const atMcpServer = { onclose: thrower('onclose'), onerror: thrower('onerror') };
    const gone = new Recorder<string>('the close of a server');
    const server = await serve(
      { signer: newSigner(), relays: [relay.url], allow: 'public', ...atServer },
      () => ({
        connect: async (transport) => {
          Object.assign(transport, atMcpServer);
          transport.onmessage = (message) => {
            if (isRequest(message))
              transport.send({ jsonrpc: '2.0', id: message.id, result: {} }).catch(() => {}); // the world may be over
          };
          await transport.start();
        },
        close: async () => gone.add('closed'),
      }),
    );
    onTestFinished(() => server.close());
    await relay.heard('REQ');
    const atClient = {
      onrelay: thrower('onrelay'),
      onclose: thrower('onclose'),
      onerror: thrower('onerror'),
    };
    const { onrelay, ...handlers } = atClient;
    const transport = new NostrClientTransport({ server: server.address, onrelay });
    const received = new Recorder<JsonRpcMessage>('a message');
    const onmessage = vi.fn((message: JsonRpcMessage) => {
      received.add(message);
      throw new Error('onmessage threw');
    });
    Object.assign(transport, { ...handlers, onmessage });
    await transport.start();
    for (const id of [1, 2, 3]) {
      await transport.send({ ...ping, id });
      await received.first((message) => 'id' in message && message.id === id);
    }
    await transport.close();
    await gone.first();
    await server.close();
    await turn();
    expect(server.connections).toBe(0);
    for (const callback of Object.values({ ...atServer, ...atClient })) expect(callback).toHaveBeenCalled();
    expect(atMcpServer.onclose).toHaveBeenCalledTimes(1);
    expect(fatal).toEqual([]);
  });

  it('of a policy end the connections that it cannot decide about, and nothing else', async () => {
    const relay = await openScriptedRelay();
    const permit = vi.fn(() => ({ isKnown: true }));
    const watch = vi.fn<(onchange: () => void) => () => void>(() => () => {});
    const onerror = vi.fn<(error: Error) => void>();
    const closed = new Recorder<string>('the close of a server');
    const server = await serve(
      { signer: newSigner(), relays: [relay.url], allow: { permit, watch }, onerror },
      () => ({ connect: (transport) => transport.start(), close: async () => closed.add('closed') }),
    );
    onTestFinished(() => server.close());
    await relay.heard('REQ');
    const transport = new NostrClientTransport({ server: server.address });
    onTestFinished(() => transport.close());
    await transport.start();
    await transport.send({ ...ping, id: 1 });
    await vi.waitFor(() => expect(server.connections).toBe(1), patience);
    permit.mockImplementation(thrower('permit'));
    for (const [onchange] of watch.mock.calls) expect(onchange).not.toThrow();
    expect(server.connections).toBe(0);
    await closed.first();
    expect(onerror).toHaveBeenCalledWith(new Error('permit threw'));
  });

  it('leave a relay connection as it is', async () => {
    const fatal = watchProcess();
    const relay = await openScriptedRelay();
    const [onnotice, onstate] = [thrower('onnotice'), thrower('onstate')];
    const { pool } = connect(relay, { onnotice, onstate });
    await relay.heard('REQ');
    relay.say(['NOTICE', 'take note']);
    await vi.waitFor(() => expect(onnotice).toHaveBeenCalledWith(relay.url, 'take note'), patience);
    await turn();
    expect(onstate).toHaveBeenCalled();
    expect(pool.states).toMatchObject([{ status: 'ready' }]);
    expect(fatal).toEqual([]);
  });
});
