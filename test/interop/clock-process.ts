import type { ServerOrder } from './clock-host.ts';
import { theirServerTransport } from './theirs.ts';
import { Tools } from './tools.ts';

// Servers of theirs that have been there for an hour, in a process whose clock is wrong.
const aheadMs = Number(process.argv[2]);
const RightDate = Date;
globalThis.Date = class extends RightDate {
  constructor(...given: unknown[]) {
    super(...((given.length === 0 ? [RightDate.now() + aheadMs] : given) as [number]));
  }
  static override now(): number {
    return RightDate.now() + aheadMs;
  }
} as DateConstructor;

process.on('message', ({ cell, relays, secretKey }: ServerOrder) => {
  const ends = { relays, secretKey: Buffer.from(secretKey, 'hex') };
  const { transport, pubkey, live } = theirServerTransport(cell, ends, { isOld: true });
  void (async () => {
    await new Tools().create().connect(transport);
    await live;
    process.send?.(pubkey);
  })();
});
process.send?.('loaded');
