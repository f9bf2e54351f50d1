import { expect, test } from 'vitest';

import { Admission, sourceOf } from './admission.ts';

test('connections are bounded by address, and a place that is left is free again', () => {
  const admission = new Admission({ maxConnections: 10, maxConnectionsPerIp: 2 });
  admission.enter('10.0.0.1');
  admission.enter('10.0.0.1');
  expect(admission.check('10.0.0.1')).toBe('too-many-from-there');
  expect(admission.check('10.0.0.2')).toBe('welcome');
  admission.leave('10.0.0.1');
  expect(admission.check('10.0.0.1')).toBe('welcome');
});

test('connections are bounded in all', () => {
  const admission = new Admission({ maxConnections: 1, maxConnectionsPerIp: 10 });
  admission.enter('10.0.0.1');
  expect(admission.check('10.0.0.2')).toBe('relay-full');
  admission.leave('10.0.0.1');
  expect(admission.connections).toBe(0);
  expect(admission.check('10.0.0.2')).toBe('welcome');
});

test.each([
  ['127.0.0.1', '127.0.0.1'],
  ['::ffff:10.1.2.3', '10.1.2.3'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
  ['2001:db8:1:2::9', '2001:db8:1:2'],
  ['2001:0db8::1', '2001:db8:0:0'],
  ['::1', '0:0:0:0'],
])('the address %s counts as %s', (ip, source) => {
  expect(sourceOf(ip)).toBe(source);
});
