import { announcementOf, isSaidByServer } from '@mcp-nostr/client/discovery';
import { formatAddress, isFailureCode } from '@mcp-nostr/core';

import { resolveAddress } from '../address-book/resolve-address.ts';
import { describeError, type ErrorReport } from '../errors.ts';
import { McpRequestError } from '../mcp-requests.ts';
import { paintFor } from '../terminal.ts';
import { askServer, type AskedServer } from './ask-server.ts';
import { listeningOn } from './listening-on.ts';
import { jsonLine } from './print-found.ts';
import { formatInfo, infoDocument, type ServerInfo } from './print-info.ts';
import { whereToLook } from './where-to-look.ts';

export interface InfoOptions {
  relay?: string[];
  key?: string | undefined;
  encryption: 'required' | 'none';
  timeout: number;
  json?: boolean;
}

export async function runInfo(text: string, options: InfoOptions): Promise<void> {
  const server = await resolveAddress(text);
  const { json } = options;
  const key = options.key ?? server.key;
  // Nobody need know who is looked at but the relays that the address names, or that were given.
  const lookAt = server.relays.length > 0 ? (options.relay ?? server.relays) : whereToLook(options.relay);
  const announced = announcementOf(server.address, {
    relays: lookAt,
    timeoutMs: options.timeout * 1_000,
  }).catch(() => undefined); // what is wrong with the relays, asking the server says
  const relays = await listeningOn(server, options.relay, announced);
  const [announcement, answer] = await Promise.all([
    announced,
    askServer({ ...options, key, relays, server }).catch((error: unknown) => error),
  ]);
  const failure = isAsked(answer) ? undefined : describeError(answer);
  const info: ServerInfo = {
    pubkey: server.pubkey,
    address: formatAddress({ pubkey: server.pubkey, relays }),
    relays,
    announcement,
    asked: isAsked(answer) ? answer : undefined,
    failure,
    isEncrypted: options.encryption === 'required',
    isAlive: failure === undefined || isAnswer(failure, answer),
  };
  const isKnown = info.isAlive || announcement !== undefined;
  if (isKnown && json === true) process.stdout.write(jsonLine(infoDocument(info)));
  else if (isKnown)
    process.stdout.write(formatInfo(info, paintFor(process.stdout), Math.floor(Date.now() / 1_000)));
  if (!info.isAlive) throw answer;
}

/** An error of the MCP server says nothing of the way: it was heard. */
function isAnswer({ code }: ErrorReport, error: unknown): boolean {
  return isSaidByServer(code) || (error instanceof McpRequestError && !isFailureCode(code));
}

function isAsked(answer: unknown): answer is AskedServer {
  return typeof answer === 'object' && answer !== null && 'firstAnswerMs' in answer;
}
