import { connectBunker } from '@mcp-nostr/client/remote-signer';
import { generateSecretKey, getPublicKey } from '@mcp-nostr/core';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';

import { CutProxy } from '../chaos/cut-proxy.ts';
import { CarelessRelay } from '../helpers/careless-relay.ts';
import { freePort } from '../helpers/free-ports.ts';
import { Recorder } from '../helpers/recorder.ts';
import { openScriptedRelay } from '../helpers/scripted-relay.ts';
import { ScriptedBunker } from '../remote-signer/scripted-bunker.ts';
import { closing, grant, impatient, openRelay, timing } from '../remote-signer/setting.ts';

afterEach(() => void vi.useRealTimers());

describe('a remote signer that', () => {
  it('never answers fails in time, and the error says where it was looked for', async () => {
    const relay = await openRelay();
    const bunker = await ScriptedBunker.open([relay.url]);
    bunker.answer = () => undefined;
    const error = await connectBunker(bunker.uri, { timing: { ...timing, requestTimeoutMs: 300 } }).catch(
      (reason: unknown) => reason,
    );
    expect(error).toMatchObject({ code: 'signer_failed' });
    expect(String(error)).toContain(relay.url);
    expect(String(error)).toContain('did not answer connect within 0.3 s');
    expect(String(error)).not.toContain('word-of-entrance');
  });

  it('is not there fails in time, and the error says so', async () => {
    const relay = await openScriptedRelay({ refusesEvents: 'mute: nobody is listening' });
    const text = `bunker://${getPublicKey(generateSecretKey())}?relay=${relay.url}`;
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'], shouldAdvanceTime: true });
    const unheard = connectBunker(text, { timing: impatient });
    unheard.catch(() => {}); // awaited below
    // It asks again once it has heard that.
    await relay.heard('EVENT', 2);
    vi.advanceTimersByTime(impatient.requestTimeoutMs);
    await expect(unheard).rejects.toThrow('nobody listens for it there');
    vi.useRealTimers();
    await relay.stop();
    const short = { ...timing, requestTimeoutMs: 300 };
    await expect(connectBunker(text, { timing: short })).rejects.toThrow('no relay of it took the request');
  });

  it('answers only the second copy is asked again with the same id', async () => {
    const relay = await openRelay();
    const bunker = await ScriptedBunker.open([relay.url]);
    const signer = closing(await connectBunker(bunker.uri, { timing: { ...timing, resendMs: 100 } }));
    let copies = 0;
    bunker.answer = (request) => (++copies < 2 ? undefined : bunker.usual(request));
    await signer.signEvent(grant());
    const ids = bunker.requests.items.filter(({ method }) => method === 'sign_event').map(({ id }) => id);
    expect(ids.length).toBeGreaterThanOrEqual(2); // more where the answer takes its time
    expect(new Set(ids).size).toBe(1);
  });

  it('lost its answer to connect and takes the secret only once is known all the same', async () => {
    const relay = await openRelay();
    const bunker = await ScriptedBunker.open([relay.url]);
    let connects = 0;
    bunker.answer = (request) => {
      if (request.method !== 'connect') return bunker.usual(request);
      return ++connects === 1 ? undefined : { error: 'this secret was used' };
    };
    const signer = closing(await connectBunker(bunker.uri, { timing: { ...timing, resendMs: 100 } }));
    expect(signer.pubkey).toBe(bunker.pubkey);
  });

  it('refuses to connect is believed at once, with its words on one line', async () => {
    const relay = await openRelay();
    const bunker = await ScriptedBunker.open([relay.url]);
    bunker.answer = () => ({ error: `no\u001b[2J\nnever ${'x'.repeat(500)}` });
    const error = await connectBunker(bunker.uri, { timing }).catch((reason: unknown) => reason);
    expect(String(error)).toMatch(/refused connect: no \[2J never x{150,200}…$/);
    expect(bunker.methods).toEqual(['connect']);
  });

  it('answers twice is heard once, and what comes in the name of another key not at all', async () => {
    const relay = await CarelessRelay.open();
    onTestFinished(() => relay.close());
    const bunker = await ScriptedBunker.open([relay.url]);
    const stranger = generateSecretKey();
    const signer = closing(await connectBunker(bunker.uri, { timing }));
    const remote = getPublicKey(bunker.signerKey);
    const said = new Recorder<string>('the answers that were sent');
    bunker.answer = ({ id, client, params }) => {
      const forged = { id, result: bunker.signed(params, stranger) };
      const tell = async (): Promise<void> => {
        // As themselves, in the signer's name with a key of their own, and as nobody can read it.
        await bunker.say(client, forged, stranger);
        await bunker.say(client, forged, stranger, remote);
        await bunker.say(client, { id: 'another', result: 'x' });
        await bunker.reflect(client);
        await bunker.say(client, { id, result: bunker.signed(params) });
        await bunker.say(client, { id, error: 'the second answer' });
        said.add('all');
      };
      void tell();
      return undefined;
    };
    expect((await signer.signEvent(grant())).pubkey).toBe(bunker.pubkey);
    await said.first();
    bunker.answer = (request) => bunker.usual(request);
    expect((await signer.signEvent(grant())).pubkey).toBe(bunker.pubkey);
  });

  it('is on a relay that comes later gets the same event from there, and does not ask its owner twice', async () => {
    const [first, second] = [await openRelay(), await openRelay()];
    const port = await freePort();
    const bunker = await ScriptedBunker.open([first.url, second.url], [first.url, `ws://127.0.0.1:${port}`]);
    const signer = closing(await connectBunker(bunker.uri, { timing: { ...timing, leastResendMs: 0 } }));
    bunker.answer = () => undefined;
    const before = bunker.arrivals.count;
    const signed = signer.signEvent(grant());
    await bunker.arrivals.reached(before + 1);
    const proxy = await CutProxy.open(port, second.port);
    onTestFinished(() => proxy.close());
    const arrivals = await bunker.arrivals.reached(before + 2);
    expect(new Set(arrivals.slice(before)).size).toBe(1);
    const request = await bunker.requests.first(({ method }) => method === 'sign_event');
    await bunker.say(request.client, { id: request.id, ...bunker.usual(request) });
    expect((await signed).pubkey).toBe(bunker.pubkey);
  });

  it.each([
    [
      'with another key',
      (bunker: ScriptedBunker, params: string[]) => bunker.signed(params, generateSecretKey()),
    ],
    ['something else', (bunker: ScriptedBunker) => bunker.signed([JSON.stringify(grant('more than that'))])],
    [
      'not at all',
      (bunker: ScriptedBunker, params: string[]) => {
        const event = JSON.parse(bunker.signed(params)) as { sig: string };
        return JSON.stringify({ ...event, sig: event.sig.replace(/^./, (c) => (c === '0' ? '1' : '0')) });
      },
    ],
    ['what is no event', () => '{"kind":1}'],
    ['no text', () => undefined],
  ])('signs %s is not believed', async (_, sign) => {
    const relay = await openRelay();
    const bunker = await ScriptedBunker.open([relay.url]);
    const signer = closing(await connectBunker(bunker.uri, { timing }));
    bunker.answer = ({ params }) => ({ result: sign(bunker, params) });
    await expect(signer.signEvent(grant())).rejects.toMatchObject({ code: 'signer_failed' });
  });

  it('wants a person to approve on a page shows it once, and is waited for', async () => {
    const relay = await openRelay();
    const bunker = await ScriptedBunker.open([relay.url]);
    const pages = new Recorder<string>('a page');
    const signer = closing(
      await connectBunker(bunker.uri, { timing: { ...timing, resendMs: 50 }, onauthurl: pages.add }),
    );
    let approve: () => void = () => {};
    bunker.answer = ({ id, client, params }) => {
      approve = () => void bunker.say(client, { id, result: bunker.signed(params) });
      void bunker.say(client, { id, result: 'auth_url', error: 'https://signer.example/approve?a=2' });
      return { result: 'auth_url', error: 'https://signer.example/approve?a=1' };
    };
    const signed = signer.signEvent(grant());
    await pages.first();
    approve();
    expect((await signed).pubkey).toBe(bunker.pubkey);
    expect(pages.items).toHaveLength(1);
    expect(pages.items[0]).toMatch(/^https:\/\/signer\.example\/approve/);
  });

  it.each([
    ['a page without TLS', 'http://signer.example/'],
    ['a script', 'javascript:alert(1)'],
    ['a file', 'file:///etc/passwd'],
    ['a page of 3,000 characters', `https://a/${'x'.repeat(3_000)}`],
    ['no page', 7],
  ])('sends a person to %s is not followed', async (_, page) => {
    const relay = await openRelay();
    const bunker = await ScriptedBunker.open([relay.url]);
    bunker.answer = () => ({ result: 'auth_url', error: page });
    const pages: string[] = [];
    const connecting = connectBunker(bunker.uri, { timing, onauthurl: (url) => pages.push(url) });
    await expect(connecting).rejects.toThrow('wants connect approved on no https:// page');
    expect(pages).toEqual([]);
  });

  it('wants other relays is asked there from then on, if it answers there', async () => {
    const [first, second, dead] = [await openRelay(), await openRelay(), await openRelay()];
    await dead.close();
    const bunker = await ScriptedBunker.open([first.url, second.url]);
    const oneRelay = bunker.uri.replace(`&relay=${encodeURIComponent(second.url)}`, '');
    const answerWith = (relays: unknown): void => {
      bunker.answer = (request) =>
        request.method === 'switch_relays' ? { result: JSON.stringify(relays) } : bunker.usual(request);
    };
    answerWith([second.url, 'no relay', 7]);
    const moved = closing(await connectBunker(oneRelay, { timing }));
    expect(moved.record.relays).toEqual([second.url]);
    expect((await moved.signEvent(grant())).pubkey).toBe(bunker.pubkey);

    answerWith([dead.url]);
    const stayed = closing(await connectBunker(oneRelay, { timing: { ...timing, switchedTimeoutMs: 300 } }));
    expect(stayed.record.relays).toEqual([first.url]);
    expect((await stayed.signEvent(grant())).pubkey).toBe(bunker.pubkey);
  });

  it('is not waited for any longer when whoever asked gives up', async () => {
    const relay = await openRelay();
    const bunker = await ScriptedBunker.open([relay.url]);
    bunker.answer = () => undefined;
    const aborter = new AbortController();
    const connecting = connectBunker(bunker.uri, { timing, signal: aborter.signal });
    await bunker.requests.first();
    aborter.abort();
    await expect(connecting).rejects.toMatchObject({ code: 'closed' });
    await expect(connectBunker(bunker.uri, { timing, signal: aborter.signal })).rejects.toThrow('closed');
  });

  it('is closed rejects what is under way, once and for all', async () => {
    const relay = await openRelay();
    const bunker = await ScriptedBunker.open([relay.url]);
    const signer = await connectBunker(bunker.uri, { timing });
    bunker.answer = () => undefined;
    const signed = signer.signEvent(grant());
    await bunker.requests.first(({ method }) => method === 'sign_event');
    signer.close();
    signer.close();
    await expect(signed).rejects.toMatchObject({ code: 'closed' });
    await expect(signer.signEvent(grant())).rejects.toMatchObject({ code: 'closed' });
  });
});
