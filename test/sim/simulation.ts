import { seededRandom } from '../helpers/random.ts';
import { ClientNode } from './client-node.ts';
import { Ledger } from './ledger.ts';
import { Network } from './network.ts';
import { isFair, makeScenario, type Scenario } from './scenario.ts';
import { Scheduler } from './scheduler.ts';
import { ServerNode } from './server-node.ts';

export interface Verdict {
  seed: number;
  scenario: Scenario;
  violations: string[];
  answered: number;
  failed: number;
  delivered: number;
  /** Simulated. */
  tookMs: number;
}

const CALM_AFTER_MS = 20_000;
const HANG_MS = 600_000;

/** One run: clients and a server over bad relays, everything decided by the seed. */
export function simulate(seed: number, change: Partial<Scenario> = {}): Verdict {
  const random = seededRandom(seed);
  const scenario = { ...makeScenario(random), ...change };
  const scheduler = new Scheduler();
  const network = new Network(scheduler, random, scenario.weathers);
  const ledger = new Ledger();
  const hex = (bytes: number): string =>
    Array.from({ length: bytes * 2 }, () => Math.floor(random() * 16).toString(16)).join('');
  const shared = { scheduler, network, scenario, ledger, random, hex };

  let server = new ServerNode(shared);
  const restarts: number[] = [];
  for (const at of scenario.serverRestarts) {
    scheduler.after(at, () => {
      restarts.push(scheduler.now);
      server.kill();
      const dead = server;
      scheduler.after(random() * scenario.maxDownMs, () => {
        if (server === dead) server = new ServerNode(shared);
      });
    });
  }
  for (const at of scenario.evictions) scheduler.after(at, () => server.evict());
  const news = (): void => {
    server.announce();
    if (scheduler.now < scenario.busyMs) scheduler.after(scenario.busyMs / 100, news);
  };
  news();

  const clients = scenario.clientSkewSeconds.map((skewSeconds, index) => {
    const name = `client ${index}`;
    const pubkey = String(index).repeat(64);
    const mayFail = (since: number): boolean => restarts.some((at) => at >= since);
    const instances = { not: undefined, present: server.instance, stale: hex(8) };
    const instance = instances[scenario.announced];
    const start = (generation: number): ClientNode =>
      new ClientNode({ ...shared, name: `${name}.${generation}`, pubkey, skewSeconds, instance, mayFail });
    return { node: start(0), start, isFinished: false };
  });
  type Client = (typeof clients)[number];

  const work = (client: Client, node: ClientNode): void => {
    if (!scenario.isStateless) {
      node.insist('logging/setLevel', { level: 'debug' });
      node.insist('resources/subscribe', { uri: 'test://a' });
    }
    for (let i = 0; i < scenario.messagesPerClient; i++) {
      scheduler.after(random() * scenario.busyMs, () => {
        if (client.node === node) act(node, random);
      });
    }
    const end = Math.max(scenario.busyMs, scheduler.now) + CALM_AFTER_MS;
    scheduler.after(end - scheduler.now, () => {
      if (client.node === node) finish(client, node);
    });
  };
  const finish = (client: Client, node: ClientNode): void => {
    network.isCalm = true;
    node.request('tools/call', {}, (isAnswered) => {
      if (!isAnswered) return finish(client, node);
      const session = server.session(node.connection ?? '');
      const hasAll = session?.level === 'debug' && session.subscriptions.has('test://a');
      const isTaken = scenario.isStateless || hasAll;
      if (!isTaken && node.underWay === 0) ledger.violated('the session was not taken up again');
      client.isFinished = true;
    });
  };
  const begin = (client: Client): void => {
    const { node } = client;
    if (scenario.isStateless) work(client, node);
    else node.initialize(() => work(client, node));
  };
  for (const client of clients) begin(client);
  for (const at of scenario.clientRestarts) {
    scheduler.after(at, () => {
      const [client] = clients;
      if (client === undefined) return;
      client.node.kill();
      client.node = client.start(1);
      begin(client);
    });
  }

  scheduler.runUntil(scenario.busyMs + HANG_MS, () =>
    clients.every(({ isFinished, node }) => isFinished && node.underWay === 0),
  );
  for (const { node, isFinished } of clients)
    if (!isFinished || node.underWay > 0)
      ledger.violated(`it hangs: ${node.underWay} requests are not settled`);
  if (isFair(scenario) && ledger.failed > 0) {
    const isCancelled = ledger.failed === ledger.cancelled;
    if (!isCancelled) ledger.violated(`${ledger.failed - ledger.cancelled} failures in fair weather`);
  }
  const { violations, answered, failed, delivered } = ledger;
  return { seed, scenario, violations, answered, failed, delivered, tookMs: scheduler.now };
}

function act(node: ClientNode, random: () => number): void {
  const dice = random();
  if (dice < 0.4) return node.notify();
  if (dice < 0.5) return void node.request('tools/list', {});
  const size = dice < 0.55 ? Math.floor(random() * 3_000) * 2 : 0;
  const ms = dice < 0.9 ? random() * 200 : random() * 20_000;
  const pad = dice > 0.97 ? 'x'.repeat(6_000) : '';
  const id = node.request('tools/call', { size, ms, progress: dice > 0.8 ? 3 : 0, pad });
  if (random() < 0.1) node.cancel(id);
}
