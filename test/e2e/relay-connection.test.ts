import { spawn } from 'node:child_process';
import { once } from 'node:events';

import { startRelay } from '@mcp-nostr/relay';
import { describe, expect, it, onTestFinished } from 'vitest';

import { freePort } from '../helpers/free-ports.ts';
import { connect, event, signer } from '../helpers/one-relay.ts';
import { endless } from '../helpers/relay-pool.ts';
import { closedScriptedRelay, openScriptedRelay } from '../helpers/scripted-relay.ts';

describe('the order of things', () => {
  it('sends no event before the subscription is live', async () => {
    const relay = await openScriptedRelay({ sendsEose: false });
    const { pool } = connect(relay);
    const sent = event();
    const published = pool.publish(sent);
    await relay.heard('REQ');
    expect(relay.log).toEqual(['open', 'REQ s0']);
    relay.say(['EOSE', 's0']);
    expect(await published).toBe('accepted');
    expect(relay.log).toEqual(['open', 'REQ s0', `EVENT ${sent.id}`]);
  });

  it('does the same on every new connection', async () => {
    const relay = await openScriptedRelay();
    const { pool, reach } = connect(relay);
    const pubkey = await signer.getPublicKey();
    for (let round = 1; round <= 5; round++) {
      const sent = event();
      expect(await pool.publish(sent)).toBe('accepted');
      expect(relay.sinceOpen).toEqual(['open', 'REQ s0', `EVENT ${sent.id}`]);
      relay.cut();
      await reach('waiting', round);
    }
    expect(relay.filters.every(([filter]) => JSON.stringify(filter).includes(pubkey))).toBe(true);
  });

  it('publishes in the end through a relay that never says EOSE', async () => {
    const relay = await openScriptedRelay({ sendsEose: false });
    const { pool, received, until } = connect(relay, { timing: { ...endless, eoseTimeoutMs: 200 } });
    expect(await pool.publish(event())).toBe('accepted');
    await until(() => received.length === 1);
  });

  it('leaves it to the sender to send again what had no answer when the connection broke', async () => {
    const relay = await openScriptedRelay({ sendsOk: false });
    const { pool, reach } = connect(relay);
    const [first, second] = [event(), event()];
    const published = pool.publish(first);
    await relay.heard('EVENT');
    relay.cut();
    expect(await published).toBe('lost');
    relay.script.sendsOk = true;
    await reach('ready', 2);
    expect(await pool.publish(second)).toBe('accepted');
    expect(relay.events).toEqual([first, second]);
  });

  it('says that it is ready when events go out at once, behind the ones that waited', async () => {
    const relay = await openScriptedRelay();
    const [waiting, late] = [event(), event()];
    const outcome = new Promise<string>((resolve, reject) => {
      const { pool } = connect(relay, {
        onstate: ({ status }) => {
          if (status !== 'ready') return;
          // Who withdraws at once has sent nothing but what the socket took at once.
          const aborter = new AbortController();
          pool.publish(late, { signal: aborter.signal }).then(resolve, reject);
          aborter.abort();
        },
      });
      pool.publish(waiting).catch(reject);
    });
    expect(await outcome).toBe('accepted');
    expect(relay.events).toEqual([waiting, late]);
  });
});

describe('reconnection', () => {
  it('goes on for as long as the relay is down, with another random wait each time', async () => {
    const relay = await closedScriptedRelay();
    let waits = 0;
    const random = (): number => {
      waits++;
      return 0;
    };
    const { reach, states } = connect(relay, { random });
    const last = await reach('waiting', 40);
    expect(last?.reason).toContain('ECONNREFUSED');
    expect(waits).toBe(states.filter(({ status }) => status === 'waiting').length);
    await relay.start();
    await reach('ready');
  });

  it('uses a relay that was down at the start as soon as it comes', async () => {
    const relay = await closedScriptedRelay();
    const { pool, reach, received, until } = connect(relay);
    const published = pool.publish(event());
    await reach('waiting');
    await relay.start();
    expect(await published).toBe('accepted');
    await until(() => received.length === 1);
  });

  it('finds a connection that is dead although nobody closed it, and replaces it', async () => {
    const relay = await openScriptedRelay();
    const { reach } = connect(relay, { timing: { ...endless, idlePingMs: 50, pongTimeoutMs: 50 } });
    await reach('ready');
    relay.script.isHalfOpen = true;
    expect(await reach('waiting')).toMatchObject({ reason: 'no answer to a ping' });
    relay.script.isHalfOpen = false;
    await reach('ready', 2);
  });

  it('keeps a connection on which nothing happens but pings', async () => {
    const relay = await openScriptedRelay();
    const { pool } = connect(relay, { timing: { ...endless, idlePingMs: 20, pongTimeoutMs: 1_000 } });
    await relay.heard('ping', 2);
    expect(pool.states).toMatchObject([{ status: 'ready' }]);
    expect(relay.log.filter((line) => line === 'open' || line === 'close')).toEqual(['open']);
  });

  it('asks again for a subscription that the relay ended, and for one that it refuses', async () => {
    const relay = await openScriptedRelay();
    const { pool, reach, received, until } = connect(relay);
    await reach('ready');
    relay.script.refusesSubscriptions = 'rate-limited: too many subscriptions';
    relay.endSubscriptions('error: shutting down idle subscription');
    expect(await reach('waiting')).toMatchObject({ reason: 'error: shutting down idle subscription' });
    expect(await reach('waiting', 2)).toMatchObject({ reason: 'rate-limited: too many subscriptions' });
    relay.script.refusesSubscriptions = undefined;
    await reach('ready', 2);
    await pool.publish(event());
    await until(() => received.length === 1);
  });

  it('finds the subscriber again when our own relay was restarted on its port', async () => {
    const port = await freePort();
    const first = await startRelay({ port });
    const { pool, received, until, reach } = connect(first);
    await pool.publish(event());
    await until(() => received.length === 1);
    await first.close();
    await reach('waiting');
    const second = await startRelay({ port });
    onTestFinished(() => second.close());
    expect(await pool.publish(event())).toBe('accepted');
    await until(() => received.length === 2);
  });
});

describe('closing', () => {
  it('may be done again, rejects what waits, and nothing comes after', async () => {
    const relay = await openScriptedRelay({ sendsOk: false });
    const { pool, states, reach } = connect(relay);
    const published = pool.publish(event());
    await relay.heard('EVENT');
    pool.close();
    pool.close();
    await expect(published).rejects.toMatchObject({ code: 'closed' });
    await expect(pool.publish(event())).rejects.toMatchObject({ code: 'closed' });
    await relay.heard('close');
    await reach('closed');
    expect(states.map(({ status }) => status)).toEqual(['connecting', 'ready', 'closed']);
    expect(relay.connections).toBe(0);
  });

  it('is final when it is done in the midst of a change', async () => {
    for (const status of ['connecting', 'ready', 'waiting'] as const) {
      const relay = await openScriptedRelay({
        refusesSubscriptions: status === 'waiting' ? 'blocked: go away' : undefined,
      });
      const { states, reach, pool } = connect(relay, {
        onstate: (state) => {
          if (state.status === status) pool.close();
        },
      });
      await reach('closed');
      expect(states.at(-1)?.status).toBe('closed');
      await relay.stop();
      expect(pool.states).toEqual([{ url: relay.url, status: 'closed' }]);
    }
  });

  it('lets the process end', async () => {
    const relay = await openScriptedRelay({ sendsOk: false, information: {} });
    const halfOpen = await openScriptedRelay();
    const down = await closedScriptedRelay();
    const program = `
      import { RelayPool } from '@mcp-nostr/transport';
      const pool = new RelayPool({
        relays: ${JSON.stringify([relay.url, halfOpen.url, down.url])},
        onstate: ({ status, url }) => console.log(status, url),
      });
      pool.subscribe(() => [{ kinds: [1] }], () => {});
      process.stdin.once('data', () => {
        const waiting = pool.publish(${JSON.stringify(event())}).catch(({ code }) => console.log(code));
        pool.close();
        process.stdin.destroy();
      });
    `;
    const child = spawn(
      process.execPath,
      ['--import', 'tsx', ...conditions(), '--input-type=module', '--eval', program],
      {
        cwd: new URL('..', import.meta.url),
        stdio: ['pipe', 'pipe', 'inherit'],
      },
    );
    onTestFinished(() => void child.kill('SIGKILL'));
    let output = '';
    child.stdout.on('data', (data) => {
      output += String(data);
    });
    await Promise.all([relay.heard('REQ'), halfOpen.heard('REQ')]);
    halfOpen.script.isHalfOpen = true;
    child.stdin.write('close\n');
    const [code] = await once(child, 'exit');
    expect(code).toBe(0);
    expect(output).toContain('closed\n');
  });
});

/** The child runs on what this test runs on: sources, or with TEST_DIST what ships. */
function conditions(): string[] {
  return process.env['TEST_DIST'] ? [] : ['--conditions', '@mcp-nostr/source'];
}
