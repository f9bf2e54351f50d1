import type { Target } from '../target.ts';
import { accessTargets } from './access.ts';
import { contextvmTargets } from './contextvm.ts';
import { fileTargets } from './files.ts';
import { httpTargets } from './http.ts';
import { nameTargets } from './names.ts';
import { paperTargets } from './papers.ts';
import { receiverTargets } from './receiver.ts';
import { relayTargets } from './relays.ts';
import { serverTargets } from './server.ts';
import { sessionTargets } from './sessions.ts';
import { wireTargets } from './wire.ts';

/** Everything of ours that reads what a stranger sends. */
export const targets: readonly Target[] = [
  ...wireTargets,
  ...contextvmTargets,
  ...relayTargets,
  ...receiverTargets,
  ...sessionTargets,
  ...serverTargets,
  ...httpTargets,
  ...fileTargets,
  ...accessTargets,
  ...nameTargets,
  ...paperTargets,
];
