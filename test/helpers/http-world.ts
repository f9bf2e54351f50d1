import { NostrClientTransport, type NostrClientTransportOptions } from '@mcp-nostr/client';
import { generateSecretKey, secretKeySigner } from '@mcp-nostr/core';
import { onTestFinished } from 'vitest';

import { type HttpListener, startHttpListener } from '../../packages/cli/src/http-listener/http-listener.ts';
import type { Limits } from '../../packages/cli/src/http-listener/limits.ts';
import type { Way } from '../../packages/cli/src/http-listener/ways.ts';
import { Recorder } from './recorder.ts';
import type { ScriptedTransport } from './scripted-transport.ts';
import type { World } from './world.ts';

export interface ListenOptions {
  server?: string;
  token?: string;
  corsOrigins?: string[];
  limits?: Partial<Limits>;
  ways?: readonly Way[];
  transport?: Partial<NostrClientTransportOptions>;
}

/** `connect --http` in process: an HTTP listener in front of a world's server, closed with the test. */
export class HttpEnd {
  readonly listener: HttpListener;
  readonly log: Recorder<string>;

  constructor(listener: HttpListener, log: Recorder<string>) {
    this.listener = listener;
    this.log = log;
  }

  get url(): URL {
    return new URL(this.listener.url);
  }
}

export async function listen(world: World, options: ListenOptions = {}): Promise<HttpEnd> {
  const log = new Recorder<string>('a line of the log');
  const signer = secretKeySigner(generateSecretKey());
  const listener = await startHttpListener({
    open: () =>
      new NostrClientTransport({
        server: options.server ?? world.server.address,
        encryption: world.leg.encryption,
        signer,
        ...options.transport,
      }),
    port: 0,
    ways: options.ways ?? ['http'],
    token: options.token,
    corsOrigins: options.corsOrigins ?? [],
    onlog: log.add,
    limits: options.limits ?? {},
  });
  world.onclose(() => listener.close());
  return new HttpEnd(listener, log);
}

/** A listener whose connections are the test's own, in turn; the last serves on. */
export async function listenWith(
  transports: readonly ScriptedTransport[],
  limits: Partial<Limits> = {},
  ways: readonly Way[] = ['http'],
): Promise<HttpListener & { opened: () => number }> {
  let opened = 0;
  const open = (): ScriptedTransport => transports[Math.min(opened++, transports.length - 1)]!;
  const listener = await startHttpListener({
    open,
    port: 0,
    ways,
    token: undefined,
    corsOrigins: [],
    onlog: () => {},
    limits,
  });
  onTestFinished(() => listener.close());
  return Object.assign(listener, { opened: () => opened });
}
