import type { RelayBoard } from './connect/relay-board.ts';
import { CliError, exitCodes } from './errors.ts';

/** It is not the server that was slow, and no longer wait would help. */
export function unreachable(board: RelayBoard, cause: unknown): CliError {
  return new CliError(
    'relays_unreachable',
    exitCodes.unreachable,
    `the server was not reached: ${board.describe()}`,
    { hint: 'check the network; --relay <url> tries another relay that the server may be on', cause },
  );
}
