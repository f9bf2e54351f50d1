#!/usr/bin/env node
import './no-core-dump.ts';

import { main } from './program.ts';

/** What is still open after a command has finished gets this long; then the process ends all the same. */
const LINGER_MS = 1_000;

// A reader that has gone (`… | head -1`, a host that quit) is the end of the work and no crash.
process.stdout.on('error', () => process.exit());
process.stderr.on('error', () => undefined);

process.exitCode = await main(process.argv.slice(2));
setTimeout(() => process.exit(), LINGER_MS).unref();
