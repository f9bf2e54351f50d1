import { expect } from 'vitest';

import { bothSpecs, legacySpec, modernSpec, nip } from '../citations.ts';
import { textOf } from '../client/party.ts';
import type { Requirement } from '../requirement.ts';
import { relayWays } from '../ways.ts';

const practices = [nip('01'), legacySpec('basic/security_best_practices')];

export const security: readonly Requirement[] = [
  {
    id: 'forgery',
    item: 'security.forgery',
    text: 'a wrong signature, author, kind or recipient, and damage of any kind, do not reach the SDK',
    era: 'both',
    cites: [nip('01'), nip('44'), nip('59')],
    provenBy: [
      { file: 'test/e2e/hostile.test.ts', test: 'drops an event %s (%s)' },
      { file: 'test/e2e/hostile.test.ts', test: 'drops an event with %s' },
      { file: 'test/e2e/hostile.test.ts', test: 'drops what does not decrypt' },
      { file: 'test/e2e/hostile.test.ts', test: 'drops what decrypts to no event' },
      { file: 'test/e2e/hostile.test.ts', test: 'survives random damage to an event' },
    ],
  },
  {
    id: 'replay',
    item: 'security.forgery',
    text: 'an event that is published again, there or elsewhere, or to the next process, is not executed again',
    era: 'both',
    cites: practices,
    provenBy: [
      {
        file: 'test/e2e/delivery.test.ts',
        test: 'does not execute an event that is published again, at once or later',
      },
      {
        file: 'test/e2e/delivery.test.ts',
        test: 'does not execute an event that is carried over to another relay',
      },
      {
        file: 'test/e2e/delivery.test.ts',
        test: 'executes nothing of what was said to the process before it',
      },
      {
        file: 'test/e2e/known-faults.test.ts',
        test: 'executes nothing again when a relay hands out all that it ever saw after a reconnection',
      },
    ],
  },
  {
    id: 'stale',
    item: 'security.forgery',
    text: 'an opening of another time is refused and keeps nothing',
    era: 'both',
    cites: practices,
    provenBy: [
      {
        file: 'test/e2e/clock.test.ts',
        test: 'refuses a %s opening with its own time, and keeps nothing of it',
      },
    ],
  },
  {
    id: 'connection-of-another',
    item: 'security.strangers',
    text: 'a key can neither use the connection of another, nor answer its requests, nor close it',
    era: 'both',
    cites: practices,
    provenBy: [
      {
        file: 'test/e2e/hostile-strangers.test.ts',
        test: "lets a stranger do nothing with another's connection id",
      },
      {
        file: 'test/e2e/hostile-strangers.test.ts',
        test: 'lets a stranger answer no client and close no connection',
      },
    ],
  },
  {
    id: 'request-of-another',
    item: 'security.strangers',
    text: 'a cancellation concerns the requests of its own connection, whatever ids others use',
    era: 'both',
    cites: [
      legacySpec('basic/utilities/cancellation#behavior-requirements'),
      modernSpec('basic/patterns/cancellation#behavior-requirements'),
    ],
    run: async (stage) => {
      const { main, service } = stage;
      const [stranger, sibling] = [await stage.connect(), await stage.connect({ key: main.key })];
      const name = stage.name('not yours');
      const call = main.tap.callTool('mine', 'wait', { name });
      await service.started.first((each) => each === name);
      for (const other of [stranger, sibling]) {
        await other.tap.notify('notifications/cancelled', { requestId: 'mine' });
        await other.callTool('echo', { text: 'behind it' });
      }
      service.release(name);
      expect(await call).toMatchObject({ result: { content: [{ text: `waited for ${name}` }] } });
      expect(service.aborted.items).not.toContain(name);
    },
  },
  {
    id: 'subscription-of-another',
    item: 'security.strangers',
    text: 'nobody but its client ends a listen',
    era: 'modern',
    cites: [modernSpec('basic/patterns/subscriptions')],
    run: async (stage) => {
      const [party, stranger] = [await stage.connect(), await stage.connect()];
      await party.listen({ toolsListChanged: true });
      await stranger.tap.notify('notifications/cancelled', { requestId: 'listen:0' });
      await stranger.callTool('echo', { text: 'behind it' });
      const told = party.notifications.next();
      await stage.service.announce('notifications/tools/list_changed');
      expect(await told).toMatchObject({ method: 'notifications/tools/list_changed' });
      expect(stranger.notifications.items).toEqual([]);
    },
  },
  {
    id: 'caller',
    item: 'security.identity',
    text: "a handler knows its caller's key, whatever the caller says of itself",
    era: 'both',
    cites: [legacySpec('basic/security_best_practices'), modernSpec('basic#meta')],
    ways: [...relayWays],
    run: async (stage) => {
      const [one, two] = [stage.main, await stage.connect()];
      for (const [party, other] of [
        [one, two],
        [two, one],
      ] as const) {
        const { pubkey } = other.key;
        const lie = { clientId: pubkey, authInfo: { clientId: pubkey }, 'example.org/pubkey': pubkey };
        const answer = await party.tap.callTool('who', 'who', { authInfo: lie }, lie);
        const text = 'result' in answer ? textOf(answer.result) : '{}';
        expect(JSON.parse(text)).toMatchObject({ factory: party.key.pubkey, handler: party.key.pubkey });
      }
    },
  },
  {
    id: 'bounds-per-key',
    item: 'security.limits',
    text: 'connections, openings, memory and time of a key are bounded; others are served meanwhile',
    era: 'both',
    cites: practices,
    provenBy: [
      {
        file: 'test/e2e/bounds.test.ts',
        test: 'are bounded: one more ends the one that was silent longest, and none of another key',
      },
      {
        file: 'test/e2e/strangers.test.ts',
        test: 'are refused with the word busy when too many come at once',
      },
      {
        file: 'test/e2e/isolation.test.ts',
        test: 'of uploads: strangers who leave many unfinished keep nobody from sending a large message',
      },
    ],
  },
  {
    id: 'one-answer',
    item: 'security.limits',
    text: 'a caller without permission costs one answer at most, which says what to do',
    era: 'both',
    cites: practices,
    provenBy: [
      {
        file: 'test/e2e/refusals.test.ts',
        test: 'refuses a key that is not allowed, says what to do, and serves the others',
      },
      {
        file: 'test/e2e/strangers.test.ts',
        test: 'who do not listen cost one event each: it is not offered again while it is muted',
      },
    ],
  },
  {
    id: 'nothing-but-mcp',
    item: 'security.bridges',
    text: 'a bridge writes nothing but MCP on stdout',
    era: 'both',
    cites: [legacySpec('basic/transports#stdio'), modernSpec('basic/transports/stdio')],
    provenBy: [
      {
        file: 'test/e2e/cli.test.ts',
        test: 'gives a host server-everything as if it were local, and writes nothing but JSON-RPC',
      },
      {
        file: 'packages/cli/src/connect/stdout-guard.test.ts',
        test: 'lets nothing but the one writer reach stdout',
      },
    ],
  },
  {
    id: 'local-listener',
    item: 'security.bridges',
    text: 'a local HTTP endpoint is closed to pages of other origins, to rebound names and to whoever has no token',
    era: 'both',
    cites: [legacySpec('basic/transports#security-warning'), modernSpec('basic/transports/streamable-http')],
    provenBy: [
      { file: 'test/e2e/http-access.test.ts', test: 'nobody without the token, nor with another' },
      {
        file: 'test/e2e/http-access.test.ts',
        test: 'no page whose name was rebound to this machine, and none of a foreign origin',
      },
    ],
  },
  {
    id: 'caller-in-header',
    item: 'security.identity',
    text: "a caller cannot put headers of its own, nor another's key, before an HTTP server",
    era: 'both',
    cites: [legacySpec('basic/security_best_practices'), modernSpec('basic/transports/streamable-http')],
    provenBy: [
      { file: 'test/e2e/gateway-failures.test.ts', test: 'cannot make headers of its own' },
      {
        file: 'packages/cli/src/serve/http-server/request-headers.test.ts',
        test: 'cannot be set by --header under its new name either',
      },
    ],
  },
  {
    id: 'no-secret-leaks',
    item: 'security.bridges',
    text: 'no secret key in arguments, in logs or in the environment of a child',
    era: 'both',
    cites: bothSpecs('basic/transports').slice(0, 1).concat(modernSpec('basic/transports/stdio')),
    provenBy: [
      {
        file: 'packages/cli/src/serve/child-server.test.ts',
        test: 'passes messages through, and the caller but no secret in the environment',
      },
      {
        file: 'test/e2e/secrets.test.ts',
        test: 'is in no argument, environment, log, error, answer or file but its own, whoever runs what',
      },
      { file: 'test/e2e/secrets.test.ts', test: 'is not repeated where it is given by mistake: %s' },
      { file: 'packages/cli/src/key-file.test.ts', test: 'is made once, readable by nobody else' },
      { file: 'packages/cli/src/secret-key.test.ts', test: 'finds a secret key inside a longer text' },
      {
        file: 'packages/cli/src/serve/http-server/request-headers.test.ts',
        test: 'name the variable that is missing or empty, and never a value',
      },
    ],
  },
];
