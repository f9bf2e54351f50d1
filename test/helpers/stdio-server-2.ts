// A program that speaks both eras on stdin and stdout.
import { serveStdio } from '@modelcontextprotocol/server/stdio';

import { Fixture2 } from './fixture-server-2.ts';

serveStdio(() => new Fixture2().create({ pubkey: '', npub: '', connectionId: '' }));
