import { createServer } from 'node:http';

import {
  type EventTemplate,
  formatNpub,
  generateSecretKey,
  getPublicKey,
  type NostrEvent,
  signEvent,
} from '@mcp-nostr/core';
import { type Relay, startRelay } from '@mcp-nostr/relay';
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';

import { startDemoServer } from '../../examples/browser/demo-server.ts';
import { pageFiles } from '../../examples/browser/page-files.ts';
import { INSTALL_TIMEOUT_MS, openBrowser } from '../helpers/chromium.ts';
import { freePort } from '../helpers/free-ports.ts';

let browser: Browser;
let pageUrl: string;
let closePage: () => void;

beforeAll(async () => {
  [browser, pageUrl] = await Promise.all([openBrowser(), servePage()]);
}, INSTALL_TIMEOUT_MS);

afterAll(async () => {
  await browser?.close();
  closePage?.();
});

/** What a person with a browser extension is asked: each entry is one pop-up. */
interface Extension {
  pubkey: string;
  signed: EventTemplate[];
  others: string[];
}

describe('a page with the signer of a browser extension', () => {
  it('asks for one signature, however much is called and whatever becomes of the relay', async () => {
    let relay = await startRelay({ port: await freePort() });
    onTestFinished(() => relay.close());
    const demo = await startDemoServer([relay.url]);
    onTestFinished(() => demo.close());
    const page = await browser.newPage();
    const complaints = complaintsOf(page);
    const extension = await installExtension(page);
    await page.goto(pageUrl);
    await page.getByLabel('Call as myself').check();
    await connect(page, demo.address);
    await card(page, 'Greet somebody').waitFor();
    expect(await page.getByRole('article').count()).toBe(4);

    await greet(page, 'Ada');
    await page
      .getByText(`You call as ${formatNpub(extension.pubkey)}`)
      .first()
      .waitFor();
    for (const name of ['Grace', 'Edsger', 'Barbara']) await greet(page, name);
    const count = card(page, 'count');
    await count.getByLabel('steps').fill('5');
    const progress = shownProgress(count);
    await run(count);
    expect(await progress).toMatch(/^Counting \(\d of 5\)$/);
    await count.locator('.elapsed').getByText(/ms|s/).waitFor();

    relay = await restart(relay);
    await greet(page, 'Radia');
    await connect(page, demo.address);
    await card(page, 'Greet somebody').waitFor();
    await greet(page, 'Frances');

    const ofBrowser = /net::ERR_|WebSocket/; // of the connection that was lost
    expect(complaints.filter((text) => !ofBrowser.test(text))).toEqual([]);
    // One for each of the two visits, a grant to a session key and nothing else.
    expect(extension.signed.map(({ kind }) => kind)).toEqual([25_911, 25_911]);
    expect(extension.others).toEqual([]);
    await page.close();
  });

  it('says so when the person refuses, and asks no second time by itself', async () => {
    const relay = await startRelay();
    onTestFinished(() => relay.close());
    const demo = await startDemoServer([relay.url]);
    onTestFinished(() => demo.close());
    const page = await browser.newPage();
    const extension = await installExtension(page, true);
    await page.goto(pageUrl);
    await page.getByLabel('Call as myself').check();
    await connect(page, demo.address);
    await page.getByRole('alert').getByText('User rejected').waitFor();
    expect(extension.signed).toHaveLength(1);
    await page.close();
  });
});

/** What extensions put into a page (NIP-07), with a person behind it who approves, or refuses, and counts. */
async function installExtension(page: Page, isRefusing = false): Promise<Extension> {
  const key = generateSecretKey();
  const extension: Extension = { pubkey: getPublicKey(key), signed: [], others: [] };
  await page.exposeFunction('askToSign', (template: EventTemplate): NostrEvent => {
    extension.signed.push(template);
    if (isRefusing) throw new Error('User rejected');
    return signEvent(template, key);
  });
  await page.exposeFunction('askForOther', (what: string) => {
    extension.others.push(what);
    throw new Error(`${what} was refused`);
  });
  await page.addInitScript((pubkey) => {
    const ask = (name: string): ((value: unknown) => Promise<unknown>) => Reflect.get(window, name) as never;
    const refuse = (what: string) => () => ask('askForOther')(what);
    const nostr = {
      // Is shown once and then remembered by all extensions, and no secret.
      getPublicKey: async () => pubkey,
      signEvent: (template: unknown) => ask('askToSign')(template),
      getRelays: refuse('getRelays'),
      nip04: { encrypt: refuse('nip04.encrypt'), decrypt: refuse('nip04.decrypt') },
      nip44: { encrypt: refuse('nip44.encrypt'), decrypt: refuse('nip44.decrypt') },
    };
    Reflect.set(window, 'nostr', nostr);
  }, extension.pubkey);
  return extension;
}

async function restart(relay: Relay): Promise<Relay> {
  const { port } = relay;
  await relay.close();
  return startRelay({ port });
}

async function connect(page: Page, address: string): Promise<void> {
  await page.getByLabel('Address of the server').fill(address);
  await page.getByRole('button', { name: 'Connect' }).click();
}

async function greet(page: Page, name: string): Promise<void> {
  const tool = card(page, 'Greet somebody');
  await tool.getByLabel('name').fill(name);
  await run(tool);
  await tool.getByText(`Hello ${name}!`).waitFor();
}

function card(page: Page, name: string): Locator {
  return page.getByRole('article', { name, exact: true });
}

async function run(tool: Locator): Promise<void> {
  await tool.getByRole('button', { name: 'Run' }).click();
}

/** The first that a tool tells of how far it is; it does not stay for long enough to be looked for afterwards. */
function shownProgress(tool: Locator): Promise<string> {
  return tool.evaluate(
    (element) =>
      new Promise<string>((resolve) => {
        new MutationObserver(() => {
          const shown = element.querySelector('.progress:not([hidden])');
          if (shown !== null) resolve(shown.textContent);
        }).observe(element, { subtree: true, childList: true, attributes: true });
      }),
  );
}

/** Errors on its console and exceptions. */
function complaintsOf(page: Page): string[] {
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  return complaints;
}

/** The example as any web server has it. */
async function servePage(): Promise<string> {
  const files = new Map((await pageFiles()).map((file) => [`/${file.name}`, file]));
  const http = createServer(({ url }, response) => {
    const file = files.get(url === '/' ? '/index.html' : (url ?? ''));
    if (file === undefined) response.writeHead(404).end();
    else response.writeHead(200, { 'Content-Type': file.contentType }).end(file.body);
  });
  closePage = () => {
    http.close();
    http.closeAllConnections();
  };
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const address = http.address();
  if (typeof address !== 'object' || address === null) throw new Error('no port');
  return `http://127.0.0.1:${address.port}/`;
}
