import { createServer } from 'node:net';

/** Below the ports that the system gives to outgoing connections and to whoever listens on any. */
const FIRST = 20_000;
const BLOCK = 200;
const BLOCKS = 60;

/** Of this process alone: until it ends it listens on the first port of its block. */
let block: Promise<number> | undefined;
let next = 0;

/**
 * A port that is free now and stays so while whoever listens there is dead: no other process that asks here is given
 * it, and the system gives it to nobody. This process is given it again after all others of its block.
 */
export async function freePort(): Promise<number> {
  block ??= claimBlock();
  const first = await block;
  for (let tried = 1; tried < BLOCK; tried++) {
    const port = first + 1 + (next++ % (BLOCK - 1));
    if (await listens(port)) return port;
  }
  throw new Error(`from ${first} on no port is free`);
}

export async function freePorts(count: number): Promise<number[]> {
  return Promise.all(Array.from({ length: count }, freePort));
}

async function claimBlock(): Promise<number> {
  const any = Math.floor(Math.random() * BLOCKS);
  for (let tried = 0; tried < BLOCKS; tried++) {
    const first = FIRST + ((any + tried) % BLOCKS) * BLOCK;
    if (await listens(first, true)) return first;
  }
  throw new Error('other processes have all the ports of tests');
}

/** Whether that works; `isKept`: until the process ends. */
function listens(port: number, isKept = false): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => {
      if (isKept) resolve(true);
      else server.close(() => resolve(true));
    });
    server.unref();
  });
}
