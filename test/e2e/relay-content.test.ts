import { startRelay } from '@mcp-nostr/relay';
import { describe, expect, it, onTestFinished, vi } from 'vitest';

import { connect, event, signer } from '../helpers/one-relay.ts';
import { openScriptedRelay } from '../helpers/scripted-relay.ts';

const patience = { timeout: 10_000 };

describe('what a bad relay sends', () => {
  const good = event();
  const garbage: (unknown[] | string | Uint8Array)[] = [
    '',
    'not json',
    '{"a":1}',
    'null',
    '[[[',
    '\u0000',
    new Uint8Array([0xff, 0xfe]),
    'x'.repeat(2_000_000),
    [],
    [null],
    ['EVENT'],
    ['EVENT', 's0'],
    ['EVENT', 's0', null],
    ['EVENT', 's0', 'x'],
    ['EVENT', 's0', { ...good, id: 'short' }],
    ['EVENT', 's0', { ...good, tags: [[null]] }],
    ['EVENT', 's0', { ...good, created_at: 'now' }],
    ['EVENT', 's0', { ...good, content: 'y'.repeat(2_000_000) }],
    ['EVENT', 'unknown', good],
    ['EVENT', 7, good],
    ['OK'],
    ['OK', 'unknown', true],
    ['OK', '', true, ''],
    ['OK', good.id, 'yes', {}],
    ['EOSE'],
    ['EOSE', 'unknown'],
    ['EOSE', { s0: true }],
    ['CLOSED', 'unknown', 'error: x'],
    ['CLOSED'],
    ['NOTICE', { text: 'x' }],
    ['AUTH'],
    ['AUTH', good],
    ['COUNT', 's0', { count: 1 }],
    ['toString', 'constructor', '__proto__'],
  ];

  it('neither throws nor ends the connection', async () => {
    const relay = await openScriptedRelay();
    const { pool, received, until, reach } = connect(relay, { signer });
    await reach('ready');
    for (const each of garbage) relay.say(each);
    relay.deliver(good);
    await until(() => received.length === 1);
    expect(received).toEqual([good]);
    expect(await pool.publish(event())).toBe('accepted');
    expect(relay.log.filter((line) => line === 'open' || line === 'close')).toEqual(['open']);
  });

  it('reaches `onnotice` when it is a notice, whatever that throws', async () => {
    const relay = await openScriptedRelay();
    const notices: string[] = [];
    const { until, reach, received } = connect(relay, {
      onnotice: (url, text) => void notices.push(`${url} ${text}`),
    });
    await reach('ready');
    relay.say(['NOTICE', 'hello']);
    relay.deliver(good);
    await until(() => received.length === 1);
    expect(notices).toEqual([`${relay.url} hello`]);
  });
});

describe('the information document', () => {
  it.each([
    ['a large limit', { limitation: { max_message_length: 524_288 } }, 65_535],
    ['the limit of a small relay', { limitation: { max_message_length: 32_768 } }, 20_480],
    ['no limit', { name: 'relay' }, 40_960],
    ['no document', undefined, 40_960],
    ['no JSON', '<html>', 40_960],
    ['a limit that is no number', { limitation: { max_message_length: '65536' } }, 40_960],
    ['a limit of nothing', { limitation: { max_message_length: 0 } }, 40_960],
    ['a document without an end', 'x'.repeat(1_000_000), 40_960],
    ['null', null, 40_960],
  ])('decides how large a frame may be: %s', async (_, information, bytes) => {
    const relay = await openScriptedRelay({ information });
    const { pool, reach } = connect(relay);
    await reach('ready');
    await vi.waitFor(() => expect(pool.frameBytes).toBe(bytes), patience);
  });

  it('keeps frames small as long as it has not come', async () => {
    const relay = await openScriptedRelay({ withholdsInformation: true });
    const { pool, reach } = connect(relay);
    await reach('ready');
    await vi.waitFor(() => expect(relay.informationRequests).toBe(1), patience);
    expect(pool.frameBytes).toBe(8_192);
  });

  it('is asked for once per connection, since a restart may change it', async () => {
    const relay = await openScriptedRelay({ information: { limitation: { max_message_length: 524_288 } } });
    const { pool, reach } = connect(relay);
    await reach('ready');
    await vi.waitFor(() => expect(pool.frameBytes).toBe(65_535), patience);
    expect(relay.informationRequests).toBe(1);
    relay.script.information = { limitation: { max_message_length: 131_072 } };
    relay.cut();
    await reach('ready', 2);
    await vi.waitFor(() => expect(relay.informationRequests).toBe(2), patience);
  });

  it('of the smallest relay that is there counts for all', async () => {
    const open = (maxBytes: number) =>
      openScriptedRelay({ information: { limitation: { max_message_length: maxBytes } } });
    const [small, large] = [await open(32_768), await open(524_288)];
    const { pool, until } = connect(small, { relays: [small.url, large.url] });
    await until(() => pool.states.every(({ status }) => status === 'ready'));
    await vi.waitFor(() => expect(pool.frameBytes).toBe(20_480), patience);
    await small.stop();
    await until(() => pool.states[0]?.status === 'waiting');
    expect(pool.frameBytes).toBe(65_535);
  });

  it('of our own relay lets a frame be as large as NIP-44 allows', async () => {
    const relay = await startRelay();
    onTestFinished(() => relay.close());
    const { pool, reach } = connect(relay);
    await reach('ready');
    await vi.waitFor(() => expect(pool.frameBytes).toBe(65_535), patience);
  });
});
