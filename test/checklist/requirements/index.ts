import type { Requirement } from '../requirement.ts';
import { contents } from './contents.ts';
import { eras } from './eras.ts';
import { framing } from './framing.ts';
import { lifecycle } from './lifecycle.ts';
import { listening } from './listening.ts';
import { multiRoundTrip } from './multi-round-trip.ts';
import { notifications } from './notifications.ts';
import { progress } from './progress.ts';
import { requests } from './requests.ts';
import { security } from './security.ts';
import { serverRequests } from './server-requests.ts';
import { sizes } from './sizes.ts';
import { tasks } from './tasks.ts';

export const requirements: readonly Requirement[] = [
  ...framing,
  ...sizes,
  ...requests,
  ...progress,
  ...notifications,
  ...listening,
  ...serverRequests,
  ...multiRoundTrip,
  ...tasks,
  ...eras,
  ...lifecycle,
  ...contents,
  ...security,
];
