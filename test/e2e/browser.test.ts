import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

import { formatAddress, generateSecretKey, getPublicKey, parseAddress } from '@mcp-nostr/core';
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { INSTALL_TIMEOUT_MS, openBrowser } from '../helpers/chromium.ts';
import { deadRelayUrl } from '../helpers/dead-relay.ts';

const root = new URL('../../', import.meta.url).pathname;

let browser: Browser;
let example: { pageUrl: string; address: string; close: () => Promise<void> };

beforeAll(async () => {
  [browser, example] = await Promise.all([openBrowser(), startExample()]);
}, INSTALL_TIMEOUT_MS);

afterAll(async () => {
  await browser?.close();
  await example?.close();
});

describe('the page in a browser', () => {
  it('connects to the address in its fragment, lists the tools and calls one', async () => {
    const { page, complaints } = await openPage(example.address);
    const greet = card(page, 'Greet somebody');
    await greet.getByText('<b>Markup</b> stays as it is').waitFor();
    await page.getByText('connected', { exact: false }).first().waitFor();
    expect(await page.getByRole('article').count()).toBe(4);

    await greet.getByLabel('name').fill('Ada');
    await greet.getByLabel('language').selectOption('tr');
    await greet.getByLabel('polite').check();
    await run(greet);
    await greet.getByText('Merhaba Ada, pleased to meet you!').waitFor();
    expect(await greet.locator('.elapsed').textContent()).toMatch(/^\d+ ms$/);
    expect(complaints).toEqual([]);
    await page.close();
  });

  it('shows structured content, the error of a tool, and an image', async () => {
    const { page, complaints } = await openPage(example.address);
    const divide = card(page, 'divide');
    await divide.getByLabel('dividend').fill('42');
    await run(divide);
    await divide.getByText('"quotient": 21').waitFor();
    await divide.getByLabel('divisor').fill('0');
    await run(divide);
    await divide.getByText('cannot divide by zero').waitFor();

    const draw = card(page, 'draw');
    await draw.getByLabel('colors').fill('["red"]');
    await run(draw);
    await draw.getByRole('img').waitFor();
    const width = await draw.getByRole('img').evaluate((image) => Reflect.get(image, 'naturalWidth'));
    expect(width).toBe(120);
    expect(complaints).toEqual([]);
    await page.close();
  });

  it('does not call a tool with arguments that are no JSON', async () => {
    const { page, complaints } = await openPage(example.address);
    const draw = card(page, 'draw');
    await draw.getByLabel('colors').fill('["red"');
    await run(draw);
    expect(await draw.getByLabel('colors').evaluate((field) => field.matches(':invalid'))).toBe(true);
    expect(await draw.locator('.output').textContent()).toBe('');
    expect(complaints).toEqual([]);
    await page.close();
  });

  it('shows progress while a tool runs, and cancels it', async () => {
    const { page, complaints } = await openPage(example.address);
    const count = card(page, 'count');
    await count.getByLabel('steps').fill('20');
    await run(count);
    await count.getByText(/^Counting \(\d+ of 20\)$/).waitFor();
    expect(await count.getByRole('progressbar').getAttribute('max')).toBe('20');
    await count.getByRole('button', { name: 'Cancel' }).click();
    await count.getByText('Cancelled').waitFor();
    expect(complaints).toEqual([]);
    await page.close();
  });

  it('says what is wrong with an address, and takes another', async () => {
    const { page, complaints } = await openPage('npub1nothing');
    await page.getByRole('alert').getByText('its checksum is wrong').waitFor();
    await page.getByLabel('Address of the server').fill(example.address);
    await page.getByRole('button', { name: 'Connect' }).click();
    await card(page, 'divide').waitFor();
    expect(await page.getByRole('alert').count()).toBe(0);
    expect(complaints).toEqual([]);
    await page.close();
  });

  it('keeps a secret key that was pasted by mistake out of its URL', async () => {
    const { page } = await openPage('');
    await page.getByLabel('Address of the server').fill(`nsec1${'q'.repeat(58)}`);
    await page.getByRole('button', { name: 'Connect' }).click();
    await page.getByRole('alert').getByText('secret key').waitFor();
    expect(page.url()).not.toContain('nsec');
    await page.close();
  });

  it.concurrent('names the relay within 15 s when nobody answers at the address', async () => {
    const { relays } = parseAddress(example.address);
    const { page, complaints } = await openPage(addressOfNobody(relays));
    const alert = page.getByRole('alert').getByText('does not answer');
    await alert.waitFor({ timeout: 15_000 });
    expect(await alert.textContent()).toContain(relays[0]);
    expect(complaints).toEqual([]);
    await page.close();
  });

  it.concurrent('names the relay within 15 s when it cannot be reached', async () => {
    const relay = await deadRelayUrl();
    const { page, complaints } = await openPage(addressOfNobody([relay]));
    const alert = page.getByRole('alert').getByText(relay);
    await alert.waitFor({ timeout: 15_000 });
    // The browser itself reports the failed connection, or the end of an attempt; the page adds nothing to that.
    const ofBrowser = /ERR_CONNECTION_REFUSED|WebSocket is closed before the connection is established/;
    expect(complaints.filter((text) => !ofBrowser.test(text))).toEqual([]);
    await page.close();
  });
});

/** A page and what it complains of: errors on its console, exceptions, violations of its security policy. */
async function openPage(fragment: string): Promise<{ page: Page; complaints: string[] }> {
  const page = await browser.newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  // Violations in code that catches the exception are not always on the console.
  await page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) => {
      // oxlint-disable-next-line no-console -- runs in the page; its console is what the test reads
      console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`);
    });
  });
  await page.goto(`${example.pageUrl}#${fragment}`);
  return { page, complaints };
}

function card(page: Page, name: string): Locator {
  return page.getByRole('article', { name, exact: true });
}

async function run(tool: Locator): Promise<void> {
  await tool.getByRole('button', { name: 'Run' }).click();
}

function addressOfNobody(relays: string[]): string {
  return formatAddress({ pubkey: getPublicKey(generateSecretKey()), relays });
}

/** The example as a person starts it. */
async function startExample() {
  const script = ['--import', 'tsx', '--conditions', '@mcp-nostr/source', 'examples/browser/serve.ts'];
  const child = spawn(process.execPath, script, { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  const close = async (): Promise<void> => {
    child.kill('SIGTERM');
    await exited;
  };
  for await (const line of createInterface({ input: child.stdout })) {
    const url = /^Open (http:\S+)#(\S+)$/.exec(line);
    if (url?.[1] !== undefined && url[2] !== undefined) return { pageUrl: url[1], address: url[2], close };
  }
  throw new Error('examples/browser/serve.ts ended without a URL');
}
