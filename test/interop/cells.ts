/** Who speaks, in the words of a test's name. */
export type Direction =
  | 'their client, our server'
  | 'our client, their server'
  | 'their client, their server';

/** One combination of what the two ends can be told; encryption and wraps are theirs, ours stays at its default. */
export interface Cell {
  readonly direction: Direction;
  readonly encryption: 'optional' | 'required' | 'disabled';
  readonly wraps: 'optional' | 'ephemeral' | 'persistent';
  /** How the client begins: with MCP's handshake, or with the first request itself. */
  readonly start: 'initialize' | 'stateless';
  readonly relays: 1 | 2;
}

/** All cells of a direction, or those of them with the values given. */
export function cellsOf(direction: Direction, given: Partial<Cell> = {}): Cell[] {
  const cells: Cell[] = [];
  for (const encryption of ['optional', 'required', 'disabled'] as const)
    for (const wraps of ['optional', 'ephemeral', 'persistent'] as const)
      for (const start of ['initialize', 'stateless'] as const)
        for (const relays of [1, 2] as const) cells.push({ direction, encryption, wraps, start, relays });
  return cells.filter((cell) =>
    Object.entries(given).every(([name, value]) => cell[name as keyof Cell] === value),
  );
}

export function titleOf({ direction, encryption, wraps, start, relays }: Cell): string {
  return `${direction}: encryption ${encryption}, wraps ${wraps}, ${start}, ${relays === 1 ? 'one relay' : 'two relays'}`;
}
