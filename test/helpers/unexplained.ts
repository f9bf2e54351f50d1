import type { Leg } from './legs.ts';

/** What was reported of a leg and is not the doing of its relays: they may bring what nobody can read. */
export function unexplained(leg: Leg, reported: readonly Error[]): Error[] {
  return reported.filter((error) => leg.faults === undefined || !isDamage(error));
}

function isDamage(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return error.name === 'DecodeError' || isDamage(error.cause);
}
