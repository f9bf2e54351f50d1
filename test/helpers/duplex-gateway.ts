import type { Caller } from '@mcp-nostr/server';
import { onTestFinished } from 'vitest';

import { duplexSource } from '../../packages/cli/src/serve/duplex-server/duplex-source.ts';
import type { Source } from '../../packages/cli/src/serve/source.ts';
import { CallerEnd } from './caller-end.ts';
import { SseServers, WebSocketServers } from './duplex-servers.ts';
import { Fixture } from './fixture-server.ts';
import { initialize } from './raw-http.ts';
import { Recorder } from './recorder.ts';

export const caller = { pubkey: 'c'.repeat(64), connectionId: 'd'.repeat(64) } as Caller;
export const callTool = (name: string, given: object = {}): { method: string; params: object } => ({
  method: 'tools/call',
  params: { name, arguments: given },
});

/** `serve --sse` or `serve ws://…` in process, before servers of the test. */
export interface DuplexGateway {
  servers: SseServers | WebSocketServers;
  fixture: Fixture;
  source: Source;
  log: Recorder<string>;
}

const kinds = { sse: SseServers, ws: WebSocketServers } as const;
type Kind = keyof typeof kinds;

export async function openGateway(
  kind: Kind,
  prepare: (made: Omit<DuplexGateway, 'source' | 'log'>) => unknown = () => {},
): Promise<DuplexGateway> {
  const fixture = new Fixture();
  const servers = await new kinds[kind](() => fixture.create(caller)).open();
  await prepare({ servers, fixture });
  return { servers, fixture, ...(await sourceOf(servers.url)) };
}

export async function sourceOf(
  url: URL,
  make = duplexSource,
): Promise<Pick<DuplexGateway, 'source' | 'log'>> {
  const log = new Recorder<string>('a line of the log');
  const printer = {
    ready: () => {},
    relay: () => {},
    call: () => {},
    problem: log.add,
    log: (_source: string, line: string) => log.add(line),
  };
  const settings = { url, headers: { authorization: 'Bearer secret' }, callerHeader: 'x-caller' };
  const source = await make(settings, printer);
  onTestFinished(() => source.close());
  return { source, log };
}

/** A connection whose caller is the test. */
export async function connectCaller({ source }: Pick<DuplexGateway, 'source'>): Promise<CallerEnd> {
  const end = new CallerEnd();
  await source.open(caller).connect(end);
  return end;
}

/** The same with its handshake done. */
export async function beginSession(gateway: DuplexGateway): Promise<CallerEnd> {
  onTestFinished(() => gateway.servers.close());
  const end = await connectCaller(gateway);
  await end.ask({ ...initialize, id: 'i', method: 'initialize' });
  end.receive({ method: 'notifications/initialized' });
  return end;
}
