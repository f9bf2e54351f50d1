import { connectBunker, offerConnection, resumeRemoteSigner } from '@mcp-nostr/client/remote-signer';
import { generateSecretKey, getPublicKey, GRANT_KIND, signEvent, verifyEvent } from '@mcp-nostr/core';
import type { RelayState } from '@mcp-nostr/transport';
import { afterAll, describe, expect, it, onTestFinished } from 'vitest';

import { CarelessRelay } from '../helpers/careless-relay.ts';
import { Recorder } from '../helpers/recorder.ts';
import { Bunker, BunkerProcess } from '../remote-signer/bunker.ts';
import { ScriptedBunker } from '../remote-signer/scripted-bunker.ts';
import { closing, grant, impatient, openRelay, timing } from '../remote-signer/setting.ts';

const bunkerProcess = new BunkerProcess();
afterAll(() => bunkerProcess.end());

describe('a remote signer of another project, in a process of its own', () => {
  it('is asked to allow grants alone, and outlives itself, the relay and us', async () => {
    let relay = await openRelay();
    const bunker = new Bunker(bunkerProcess, relay.url);
    const signer = closing(await connectBunker(await bunker.open(), { timing: impatient }));
    expect(await signer.getPublicKey()).toBe(bunker.pubkey);
    expect(bunker.permissions).toEqual([`sign_event:${GRANT_KIND}`]);
    const template = grant();
    const event = await signer.signEvent(template);
    expect(event).toMatchObject({ ...template, pubkey: bunker.pubkey });
    expect(verifyEvent(event)).toBe(true);
    await expect(signer.signEvent({ ...grant(), kind: 1 })).rejects.toMatchObject({
      code: 'signer_failed',
      data: { words: 'Sign event denied' },
    });

    await bunker.goAway();
    const whileAway = signer.signEvent(grant('while the signer was away'));
    await bunker.comeBack();
    expect((await whileAway).content).toBe('while the signer was away');

    const { port } = relay;
    await relay.close();
    const whileDown = signer.signEvent(grant('while the relay was down'));
    relay = await openRelay(port);
    expect((await whileDown).content).toBe('while the relay was down');

    const { record } = signer;
    signer.close();
    const asked = bunker.messages.count;
    const resumed = closing(resumeRemoteSigner(record, { timing }));
    expect(await resumed.getPublicKey()).toBe(bunker.pubkey);
    expect(bunker.messages.count).toBe(asked);
    expect((await resumed.signEvent(grant())).pubkey).toBe(bunker.pubkey);
    expect(bunker.signedKinds.filter((kind) => kind !== GRANT_KIND)).toEqual([1]);
  });

  it('takes up an offer, and decrypts where it was asked for that', async () => {
    const relay = await openRelay();
    const permissions = ['nip44_encrypt', 'nip44_decrypt'];
    const offer = closing(
      offerConnection({ relays: [relay.url], name: 'a test & more', permissions, timing }),
    );
    const bunker = new Bunker(bunkerProcess, relay.url);
    await bunker.takeUp(offer.uri);
    const signer = closing(await offer.signer);
    expect(signer.pubkey).toBe(bunker.pubkey);
    expect(bunker.permissions).toEqual(permissions);
    const text = await signer.nip44.encrypt(bunker.pubkey, 'to myself');
    expect(await signer.nip44.decrypt(bunker.pubkey, text)).toBe('to myself');
  });
});

describe('an offer to a remote signer', () => {
  it('is taken up by nobody who has not read its secret', async () => {
    const relay = await openRelay();
    const clientKey = generateSecretKey();
    const offer = closing(offerConnection({ relays: [relay.url], name: 'test', clientKey, timing }));
    const url = new URL(offer.uri);
    expect(url.host).toBe(getPublicKey(clientKey));
    expect(url.searchParams.get('perms')).toBe(`sign_event:${GRANT_KIND}`);
    expect(url.searchParams.get('name')).toBe('test');
    const secret = url.searchParams.get('secret') ?? '';
    expect(secret).toMatch(/^[0-9a-f]{32}$/);

    const stranger = await ScriptedBunker.open([relay.url]);
    const bunker = await ScriptedBunker.open([relay.url]);
    await stranger.say(getPublicKey(clientKey), { id: '1', result: 'ack' });
    await stranger.say(getPublicKey(clientKey), { id: '1', result: '' });
    await stranger.say(getPublicKey(clientKey), { id: '1', error: secret });
    await bunker.say(getPublicKey(clientKey), { id: '1', result: secret });
    const signer = closing(await offer.signer);
    expect(signer.pubkey).toBe(bunker.pubkey);
    expect(stranger.requests.count).toBe(0);
  });

  it('ends when strangers keep answering it', async () => {
    const relay = await CarelessRelay.open();
    onTestFinished(() => relay.close());
    const clientKey = generateSecretKey();
    const states = new Recorder<string>('a state of the relay');
    const onrelay = ({ status }: RelayState): void => states.add(status);
    const offer = closing(offerConnection({ relays: [relay.url], name: 'test', clientKey, onrelay, timing }));
    await states.first((status) => status === 'ready');
    const pubkey = getPublicKey(clientKey);
    const template = { kind: 24_133, created_at: 0, tags: [['p', pubkey]], content: 'AAAA' };
    const event = signEvent(template, generateSecretKey());
    for (let count = 0; count <= 256; count++) relay.inject(event, pubkey);
    await expect(offer.signer).rejects.toMatchObject({ code: 'signer_failed' });
    await expect(offer.signer).rejects.toThrow('strangers keep answering');
  });

  it('that nobody takes up in time, or that is closed, ends', async () => {
    const relay = await openRelay();
    const options = { relays: [relay.url], name: 'test' };
    const late = offerConnection({ ...options, timing: { offerTimeoutMs: 100 } });
    await expect(late.signer).rejects.toMatchObject({ code: 'signer_failed' });
    const closed = offerConnection(options);
    closed.close();
    closed.close();
    await expect(closed.signer).rejects.toMatchObject({ code: 'closed' });
    const aborter = new AbortController();
    const given = offerConnection({ ...options, signal: aborter.signal });
    aborter.abort();
    await expect(given.signer).rejects.toMatchObject({ code: 'closed' });
  });
});

describe('the address of a remote signer', () => {
  const key = '7f'.repeat(32);
  it.each([
    ['an npub', 'npub1xyz', 'it has the form'],
    ['a key alone', `bunker://${key}`, 'it names no relay'],
    ['less than a key', `bunker://${key.slice(1)}?relay=wss://a&secret=hush`, 'is not 64 hex characters'],
    ['one whose relay is none', `bunker://${key}?relay=https://a&secret=hush-hush`, 'it names no relay'],
    ['one without end', `bunker://${key}?relay=wss://a&secret=${'hush'.repeat(2_000)}`, 'it has the form'],
  ])('is refused, and not repeated: %s', async (_, text, reason) => {
    const error = await connectBunker(text).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'bad_address' });
    expect(String(error)).toContain(reason);
    expect(String(error)).not.toContain('hush');
  });
});
