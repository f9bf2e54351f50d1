import { describe, sweep } from './sweep.ts';

process.on('message', ([seed, count]: [number, number]) => {
  process.send?.(sweep(seed, count).map(describe));
});
