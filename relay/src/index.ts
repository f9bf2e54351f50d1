export { defaultLimits, type RelayLimits } from './limits.ts';
export { type Relay, type RelayOptions, startRelay } from './relay.ts';
export { RelayStartError, type RelayStartErrorCode } from './start-error.ts';
export type { RelayStats } from './stats.ts';
