// `npm run test:keychain`: keys in a real Secret Service (gnome-keyring), with the program as it ships.
import { execFileSync, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import { buildCli } from '../../packages/cli/bundle/build-cli.ts';

/** What they need of Debian, and the programs by which it is seen that they are there. */
const packages = { dbus: 'dbus-run-session', 'gnome-keyring': 'gnome-keyring-daemon' };

const missing = Object.entries(packages).filter(([, program]) => !isThere(program));
if (missing.length > 0) install(missing.map(([name]) => name));
const lacking = Object.values(packages).filter((program) => !isThere(program));
if (lacking.length > 0) {
  process.stderr.write(
    `test:keychain was NOT RUN: ${lacking.join(' and ')} are not there and could not be installed\n`,
  );
  process.exit(0);
}
await buildCli();
const { status } = spawnSync(
  process.execPath,
  [...process.execArgv, fileURLToPath(new URL('sessions.ts', import.meta.url))],
  { stdio: 'inherit' },
);
process.exit(status ?? 1);

function isThere(program: string): boolean {
  return spawnSync('sh', ['-c', 'command -v "$1"', 'sh', program]).status === 0;
}

function install(names: readonly string[]): void {
  try {
    execFileSync('apt-get', ['update', '-q'], { stdio: 'ignore' });
    execFileSync('apt-get', ['install', '-y', '--no-install-recommends', ...names], { stdio: 'ignore' });
  } catch (error) {
    process.stderr.write(`apt-get: ${error instanceof Error ? error.message : String(error)}\n`);
  }
}
