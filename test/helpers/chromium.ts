import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';

import { type Browser, chromium } from 'playwright-core';

/** Installing a browser, once on a machine that has none. */
export const INSTALL_TIMEOUT_MS = 600_000;
const browserArguments = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Chromium without a window. */
export async function openBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: await findChromium(), args: browserArguments });
}

/** A missing browser is installed where that is ours to do: by root, on Debian. Nothing is skipped silently. */
async function findChromium(): Promise<string> {
  const named = process.env['CHROMIUM'];
  if (named !== undefined) return named;
  const usual = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
  const present = usual.find((path) => existsSync(path));
  if (present !== undefined) return present;
  const advice =
    'the browser test needs Chromium: install it (Debian: apt-get install -y chromium) or name one in CHROMIUM';
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) throw new Error(advice);
  const install = promisify(execFile);
  const environment = { env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } };
  try {
    await install('apt-get', ['update'], environment);
    await install('apt-get', ['install', '-y', '--no-install-recommends', 'chromium'], {
      ...environment,
      maxBuffer: 64 * 1024 * 1024,
    });
  } catch (cause) {
    throw new Error(advice, { cause });
  }
  return '/usr/bin/chromium';
}
