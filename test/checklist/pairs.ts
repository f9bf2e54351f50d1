import type { Era } from './requirement.ts';

type Sdk = 'v1' | 'v2';

/** Which SDK is at which end, and which era they speak. */
export interface Pair {
  readonly name: string;
  readonly client: Sdk;
  readonly server: Sdk;
  readonly era: Era;
}

export const pairs = [
  { name: 'v1 client, v1 server', client: 'v1', server: 'v1', era: 'legacy' },
  { name: 'v1 client, v2 server', client: 'v1', server: 'v2', era: 'legacy' },
  { name: 'v2 client and server, legacy', client: 'v2', server: 'v2', era: 'legacy' },
  { name: 'v2 client and server, modern', client: 'v2', server: 'v2', era: 'modern' },
] as const satisfies readonly Pair[];

export type PairName = (typeof pairs)[number]['name'];
