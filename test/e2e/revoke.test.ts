import { createSession, type Session } from '@mcp-nostr/client';
import { type Relay, startRelay } from '@mcp-nostr/relay';
import { serve } from '@mcp-nostr/server';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';

import { openSigner } from '../../packages/cli/src/keys/open-signer.ts';
import { keepSession, keptSession } from '../../packages/cli/src/sessions/kept-sessions.ts';
import { runMain, temporaryHome } from '../helpers/cli-in-process.ts';
import { Fixture } from '../helpers/fixture-server.ts';
import { newSigner, World } from '../helpers/world.ts';

let relay: Relay;

beforeEach(async () => {
  relay = await startRelay();
  temporaryHome();
  onTestFinished(() => relay.close());
});

describe('mcp-nostr revoke', () => {
  it('ends the sessions of a key at a server, those of other programs too, and forgets the one kept here', async () => {
    const fixture = new Fixture();
    const { signer, pubkey } = await openSigner({ role: 'client' });
    const server = await serve({ signer: newSigner(), relays: [relay.url], allow: [pubkey] }, fixture.create);
    onTestFinished(() => server.close());
    const world = new World({ name: '', encryption: 'required', relayCount: 0 });
    onTestFinished(() => world.disconnect());
    const connect = (session: Session): Promise<unknown> =>
      world.connect({ server: server.address, session });

    const session = await createSession(signer, server.address);
    const place = { identity: pubkey, server: server.pubkey };
    await keepSession(place, session);
    expect(keptSession(place)).toEqual(session);
    await connect(session);
    expect(await runMain(['revoke', server.address, '--json'])).toEqual({
      exitCode: 0,
      stdout: `${JSON.stringify({ npub: fixture.newest.caller.npub, server: server.npub, revoked: true })}\n`,
      stderr: '',
    });
    await fixture.newest.closes.first();
    await expect(connect(session)).rejects.toMatchObject({ data: { code: 'grant_expired' } });
    expect(keptSession(place)).toBeUndefined();
  });

  it('says so where the server does not know the key', async () => {
    const server = await serve({ signer: newSigner(), relays: [relay.url], allow: [] }, new Fixture().create);
    onTestFinished(() => server.close());
    expect(await runMain(['revoke', server.address])).toMatchObject({
      exitCode: 3,
      stdout: '',
      stderr: expect.stringContaining('does not serve this key'),
    });
  });
});
