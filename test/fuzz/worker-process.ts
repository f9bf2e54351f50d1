import { type ShiftOptions, work } from './shift.ts';
import { targets } from './targets/index.ts';

// A stranger that gets so far ends the process: the parent tells of it.
process.on('message', (shift: ShiftOptions & { name: string }) => {
  void (async () => {
    const target = targets.find(({ name }) => name === shift.name);
    process.send?.((target && (await work(target, shift))) ?? null);
  })();
});
