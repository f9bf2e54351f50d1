import { measure, type EchoCall, type Plan } from './measure.ts';
import type { Measurement } from './stats.ts';

/** What a child process says to the parent. */
export type RoleMessage =
  | { type: 'ready'; where: string }
  | { type: 'measured'; measurement: Measurement }
  | { type: 'failed'; reason: string };

// However the parent ends, its end of the channel closes; there is no process that it leaves behind.
process.on('disconnect', () => process.exit());

/** What the process was started with. */
export function argument(index: number): string {
  const value = process.argv[2 + index];
  if (value === undefined) throw new Error(`argument ${index} is missing`);
  return value;
}

/** A relay or server is up; `where` is its address, for those who need it. It lives until the parent goes. */
export function serving(where: string): void {
  say({ type: 'ready', where });
}

/** A client is connected; measures whenever the parent says so. */
export function calling(call: EchoCall): void {
  process.on('message', (plan: Plan) => {
    measure(call, plan).then(
      (measurement) => say({ type: 'measured', measurement }),
      (error: unknown) => say({ type: 'failed', reason: String(error) }),
    );
  });
  say({ type: 'ready', where: '' });
}

function say(message: RoleMessage): void {
  process.send?.(message);
}
