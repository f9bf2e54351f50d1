import { join } from 'node:path';

import { formatAddress, generateSecretKey, secretKeySigner } from '@mcp-nostr/core';

import { bundleRoles } from './bundle.ts';
import { Child } from './child.ts';
import { CutProxy } from './cut-proxy.ts';
import type { ClientReport, Incident } from './evidence.ts';
import type { World } from './faults.ts';
import { freePorts } from '../helpers/free-ports.ts';
import type { ClientSetup, Command, RelaySetup, ServerSetup } from './role.ts';
import { Service } from './service.ts';

const RELAYS = 2;
const CLIENTS_EACH = 5;
/** What a client process may take longer than it was given, on a machine under load. */
const SLACK_MS = 20_000;

export interface WorkOptions extends Pick<ClientSetup, 'seed' | 'largeAnswerBytes' | 'maxPauseMs'> {
  clientProcesses: number;
}

/** All processes of a run: relays behind proxies, a server and clients that are connected. */
export interface Cast extends World {
  clientNames: readonly string[];
  executionsFile: string;
  /** What the harness itself has noticed. */
  incidents: Incident[];
  tellClients: (command: Command, limitMs: number) => Promise<void>;
  reports: () => Promise<ClientReport[]>;
  close: () => Promise<void>;
}

export async function startCast(folder: string, { clientProcesses, ...work }: WorkOptions): Promise<Cast> {
  const files = await bundleRoles(folder);
  const incidents: Incident[] = [];
  const oncrash = (who: string) => (text: string) =>
    void incidents.push({ kind: 'process ended by itself', who, text });
  const ports = await freePorts(2 * RELAYS);
  const proxyPorts = ports.splice(0, RELAYS);

  const relays = ports.map((port, index) => {
    const name = `relay ${index}`;
    const setup: RelaySetup = { port };
    return new Service({ name, file: files['relay-process'], setup, oncrash: oncrash(name) });
  });
  await Promise.all(relays.map((relay) => relay.start()));
  const proxies = await Promise.all(ports.map((port, index) => CutProxy.open(proxyPorts[index] ?? 0, port)));

  const secretKey = generateSecretKey();
  const urls = proxyPorts.map((port) => `ws://127.0.0.1:${port}`);
  const executionsFile = join(folder, 'executions');
  const serverSetup: ServerSetup = {
    secretKey: Buffer.from(secretKey).toString('hex'),
    relays: urls,
    executionsFile,
  };
  const file = files['server-process'];
  const server = new Service({ name: 'server', file, setup: serverSetup, oncrash: oncrash('server') });
  await server.start();

  const pubkey = await secretKeySigner(secretKey).getPublicKey();
  const address = formatAddress({ pubkey, relays: urls });
  const names = Array.from({ length: clientProcesses }, (_process, process) =>
    Array.from({ length: CLIENTS_EACH }, (_client, client) => `c${process}${client}`),
  );
  const clients = await Promise.all(
    names.map((own, index) => {
      const name = `client process ${index}`;
      const setup: ClientSetup = {
        server: address,
        names: own,
        ...work,
        seed: work.seed + 1_000 * (index + 1),
      };
      return Child.start(name, files['client-process'], setup, oncrash(name));
    }),
  );

  const ask = (command: Command, limitMs: number): ReturnType<Child['ask']>[] =>
    clients.map((client) => client.ask(command, limitMs + SLACK_MS));
  return {
    relays,
    server,
    proxies,
    clientNames: names.flat(),
    executionsFile,
    incidents,
    tellClients: async (command, limitMs) => void (await Promise.all(ask(command, limitMs))),
    reports: async () => {
      const answers = await Promise.all(ask({ type: 'report' }, 0));
      return answers.map((answer) => {
        if (answer.type !== 'report') throw new Error('a client process did not report');
        return answer.report;
      });
    },
    close: async () => {
      await Promise.all(proxies.map((proxy) => proxy.close()));
    },
  };
}
