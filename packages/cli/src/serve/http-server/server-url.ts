import { isIP } from 'node:net';

import { metaKeys } from '@mcp-nostr/core';

import { usageError } from '../../errors.ts';
import { packageVersion } from '../../version.ts';
import { exchange } from './exchange.ts';
import { HttpFailure, isProbeRefusal } from './http-failure.ts';
import { speaksLegacySse } from './legacy-probe.ts';
import { limits } from './limits.ts';
import type { Upstream } from './upstream.ts';

/** Whether the word after `serve` is no command. */
export function isServerUrl(word: string): boolean {
  return /^(https?|wss?):\/\//i.test(word);
}

/** @throws {CliError} */
export function parseServerUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined) throw usageError('the URL of the server cannot be read', 'as in https://host/mcp');
  if (url.username !== '' || url.password !== '') {
    throw usageError(
      'the URL has a name or password in it',
      `credentials are given as a header: --header 'Authorization: Basic \${CREDENTIALS}'`,
    );
  }
  url.hash = '';
  return url;
}

/** For people: a query may hold a key. */
export function shownUrl({ origin, pathname }: URL): string {
  return `${origin}${pathname}`;
}

/** Whether what is sent there stays on this machine, or is encrypted. */
export function isPrivateWay({ protocol, hostname }: URL): boolean {
  const host = hostname.replace(/^\[|\]$/g, '');
  if (protocol === 'https:' || protocol === 'wss:' || host === 'localhost' || host.endsWith('.localhost'))
    return true;
  return (isIP(host) === 4 && host.startsWith('127.')) || host === '::1';
}

/** Asks the server what needs no session and changes nothing; returns what is wrong, if something is. */
export async function checkServer(upstream: Upstream): Promise<string | undefined> {
  const probe = {
    jsonrpc: '2.0' as const,
    id: 'gateway-check',
    method: 'server/discover',
    params: {
      _meta: {
        [metaKeys.protocolVersion]: '2026-07-28',
        [metaKeys.clientCapabilities]: {},
        [metaKeys.clientInfo]: { name: 'mcp-nostr', version: packageVersion() },
      },
    },
  };
  try {
    const signal = AbortSignal.timeout(limits.checkTimeoutMs);
    await exchange(upstream, probe, { headers: {}, signal, onmessage: () => undefined });
    return undefined;
  } catch (error) {
    if (!(error instanceof HttpFailure))
      return `the HTTP server did not answer within ${limits.checkTimeoutMs / 1_000} s`;
    if (isProbeRefusal(error)) {
      if (!(await speaksLegacySse(upstream))) return undefined;
      return `${shownUrl(upstream.url)} speaks the older HTTP+SSE: serve it with --sse before the URL`;
    }
    return error.detail === '' ? error.message : `${error.message} [${error.detail}]`;
  }
}
