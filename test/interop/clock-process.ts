import type { ServerOrder } from './clock-host.ts';
import { EarlierPool, theirServerTransport } from './theirs.ts';
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
  const relayHandler = new EarlierPool([...relays]);
  const key = Buffer.from(secretKey, 'hex');
  const { transport, pubkey } = theirServerTransport(cell, { relays, secretKey: key }, { relayHandler });
  void new Tools()
    .create()
    .connect(transport)
    .then(() => process.send?.(pubkey));
});
