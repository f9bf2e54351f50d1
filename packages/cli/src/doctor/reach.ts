import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

import { isRecord } from '@mcp-nostr/core';
import { WebSocket } from 'ws';

import { describeTlsError } from './tls-errors.ts';
import { TooSlow, within } from '../within.ts';

/** The way to a relay, in its order. */
export type ReachStep = 'DNS' | 'TCP' | 'TLS' | 'WebSocket';

export interface ReachLimits {
  /** For each step. */
  timeoutMs: number;
  signal: AbortSignal;
}

export interface Reached {
  /** Paused, so that nothing is lost until somebody listens. */
  socket: WebSocket;
  /** The steps that there were: an address in numbers needs no DNS, `ws://` no TLS. */
  steps: ReachStep[];
  durationMs: number;
}

/** A relay was not reached; the message says in words which step failed and why. */
export class ReachError extends Error {
  override readonly name = 'ReachError';
  readonly code = 'relays_unreachable';
  readonly step: ReachStep;
  readonly hint: string;
  constructor(step: ReachStep, message: string, hint: string, cause?: unknown) {
    super(`${step}: ${message}`, { cause });
    this.step = step;
    this.hint = hint;
  }
}

/** More than any answer to what is asked here. */
const MAX_MESSAGE_BYTES = 1_048_576;

/** Opens a WebSocket step by step, so that it can be told which one fails. @throws {ReachError} */
export async function reach(url: string, limits: ReachLimits): Promise<Reached> {
  const startedAt = performance.now();
  const { protocol, hostname, port } = new URL(url);
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  const isSecure = protocol === 'wss:';
  const steps: ReachStep[] = ['TCP', ...(isSecure ? ['TLS' as const] : []), 'WebSocket'];
  if (isIP(host) === 0) {
    steps.unshift('DNS');
    await resolveName(host, limits);
  }
  let socket: Socket | undefined;
  try {
    socket = await openTcp(host, Number(port) || (isSecure ? 443 : 80), limits);
    if (isSecure) socket = await openTls(socket, host, limits);
    const webSocket = await upgrade(url, socket, limits);
    return { socket: webSocket, steps, durationMs: performance.now() - startedAt };
  } catch (error) {
    socket?.destroy();
    throw error;
  }
}

async function resolveName(host: string, { timeoutMs, signal }: ReachLimits): Promise<void> {
  try {
    await within(timeoutMs, signal, lookup(host));
  } catch (error) {
    if (codeOf(error) === 'ENOTFOUND') {
      throw new ReachError(
        'DNS',
        `there is no host ${host}`,
        'is its name spelled right, and this computer online?',
        error,
      );
    }
    const reason = error instanceof TooSlow ? error.message : codeOf(error);
    throw new ReachError(
      'DNS',
      `the name ${host} was not looked up: ${reason}`,
      'is this computer online? the name servers do not answer',
      error,
    );
  }
}

async function openTcp(host: string, port: number, { timeoutMs, signal }: ReachLimits): Promise<Socket> {
  const socket = connectTcp({ host, port });
  try {
    await within(timeoutMs, signal, once(socket, 'connect'));
    return socket;
  } catch (error) {
    // What comes later is of no interest, and must not end the process.
    socket.on('error', () => undefined).destroy();
    const [message, hint] = describeTcpError(error, host, port);
    throw new ReachError('TCP', message, hint, error);
  }
}

function describeTcpError(error: unknown, host: string, port: number): [message: string, hint: string] {
  const where = `port ${port} of ${host}`;
  if (error instanceof TooSlow) {
    return [`${where}: ${error.message}`, 'the host is down, or a firewall on the way drops what is sent'];
  }
  const code = codeOf(error);
  if (code === 'ECONNREFUSED')
    return [`nobody listens on ${where}`, 'is the relay running, and the port right?'];
  if (code === 'ENETUNREACH' || code === 'EHOSTUNREACH')
    return [`there is no way to ${host} (${code})`, 'is this computer online?'];
  return [`${where}: ${code}`, 'is the relay running, and this computer online?'];
}

async function openTls(socket: Socket, host: string, { timeoutMs, signal }: ReachLimits): Promise<Socket> {
  const secure = connectTls({
    socket,
    ...(isIP(host) === 0 ? { servername: host } : { host }),
    ALPNProtocols: ['http/1.1'],
  });
  try {
    await within(timeoutMs, signal, once(secure, 'secureConnect'));
    return secure;
  } catch (error) {
    secure.on('error', () => undefined).destroy();
    const [message, hint] = describeTlsError(codeOf(error), error, host);
    throw new ReachError('TLS', message, hint, error);
  }
}

async function upgrade(url: string, socket: Socket, { timeoutMs, signal }: ReachLimits): Promise<WebSocket> {
  const webSocket = new WebSocket(url, {
    createConnection: () => socket,
    perMessageDeflate: false,
    maxPayload: MAX_MESSAGE_BYTES,
  });
  const opened = new Promise<void>((resolve, reject) => {
    webSocket.once('open', () => {
      webSocket.pause();
      resolve();
    });
    webSocket.once('error', reject);
    webSocket.once('unexpected-response', (_request, response) => {
      reject(notARelay(response.statusCode ?? 0));
    });
  });
  try {
    await within(timeoutMs, signal, opened);
    webSocket.on('error', () => undefined); // its `close` follows, and says enough
    return webSocket;
  } catch (error) {
    webSocket.on('error', () => undefined).terminate();
    if (error instanceof ReachError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new ReachError(
      'WebSocket',
      reason,
      'is this the address of a relay? it does not speak as one',
      error,
    );
  }
}

function notARelay(status: number): ReachError {
  const answered = `the answer is HTTP ${status} and no WebSocket`;
  if (status === 429)
    return new ReachError('WebSocket', `${answered}: too many connections`, 'try again later');
  if (status === 401 || status === 403)
    return new ReachError('WebSocket', `${answered}: not for everybody`, 'ask its operator who may use it');
  if (status >= 500)
    return new ReachError(
      'WebSocket',
      `${answered}: the relay behind it is down`,
      'try again later, or tell its operator',
    );
  return new ReachError(
    'WebSocket',
    `${answered}: there is no relay at this address`,
    'are host and path right?',
  );
}

function codeOf(error: unknown): string {
  return isRecord(error) && typeof error['code'] === 'string' ? error['code'] : String(error);
}
