import { expect, it } from 'vitest';

import { isLocalRelay } from './local-relay.ts';

it.each([
  'ws://localhost:7777',
  'ws://relay.localhost',
  'ws://127.0.0.1:7777',
  'ws://127.1',
  'ws://2130706433',
  'wss://10.0.0.1',
  'wss://172.16.0.1',
  'wss://172.31.255.255',
  'wss://192.168.1.1/path',
  'wss://169.254.169.254',
  'wss://100.64.0.1',
  'ws://0.0.0.0',
  'ws://[::1]:7777',
  'ws://[::ffff:127.0.0.1]',
  'ws://[fd00::1]',
  'ws://[fe80::1]',
  'ws://printer.local',
  'ws://relay.internal.',
])('%s is of this machine or its network', (url) => {
  expect(isLocalRelay(url)).toBe(true);
});

it.each([
  'wss://relay.example',
  'wss://localhost.example',
  'wss://10.example',
  'wss://11.0.0.1',
  'wss://172.32.0.1',
  'wss://172.15.0.1',
  'wss://100.128.0.1',
  'wss://[2001:db8::1]',
])('%s is not', (url) => {
  expect(isLocalRelay(url)).toBe(false);
});
