import { expect, it } from 'vitest';

import { qrCodeFor } from './qr-code.ts';

const address = `nprofile1${'q'.repeat(100)}`;

it('is shown where it fits, and nowhere else', async () => {
  const wide = (await qrCodeFor({ isTTY: true, columns: 80 }))?.(address) ?? [];
  const width = wide[0]?.length ?? 0;
  expect(wide.length).toBeGreaterThan(width / 2);
  expect(new Set(wide.slice(0, -1).map((line) => line.length))).toEqual(new Set([width]));
  expect((await qrCodeFor({ isTTY: true, columns: width + 3 }))?.(address)).toEqual([]);
  expect((await qrCodeFor({ isTTY: true, columns: width + 4 }))?.(address)).toEqual(wide);
  expect(await qrCodeFor({ isTTY: false, columns: 80 })).toBeUndefined();
});
