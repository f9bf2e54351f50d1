import { serveStdio } from '@modelcontextprotocol/server/stdio';

import { modernOnly } from './eras.ts';
import { Fixture } from './fixture-server.ts';
import { Fixture2 } from './fixture-server-2.ts';
import type { World } from './world.ts';

const fixture = new Fixture();
const fixture2 = new Fixture2();

/** The ways to serve that differ in which eras a server speaks; each returns an address. */
export const servers = {
  'a server of SDK 1.x': async (world: World) => (await world.serve(fixture.create)).server.address,
  'a server of SDK 2.x without serveStdio': async (world: World) =>
    (await world.serve(fixture2.create)).server.address,
  'a server of SDK 2.x': async (world: World) =>
    (await world.serve(fixture2.create, { serveStdio })).server.address,
  'a server of SDK 2.x that refuses the old era': async (world: World) =>
    (await world.serve(fixture2.create, { serveStdio: modernOnly })).server.address,
};
