/** Something of ours that reads what a stranger sends. */
export interface Target {
  readonly name: string;
  /** How many cases it gets of all, beside the others. What costs a signature gets few. */
  readonly weight: number;
  /** A new one, that has seen nothing. */
  open(): Subject | Promise<Subject>;
}

export interface Subject {
  /** What an honest peer sends. A string is mutated as text, all else as the JSON that it is written as. */
  readonly samples: readonly unknown[];
  /** Takes the text of one case. Throws where a promise is broken. */
  take(text: string): void | Promise<void>;
  /** After many cases: throws where it has been harmed, or where nothing honest came through either. */
  verify?(): void;
  close?(): void | Promise<void>;
}

/** What is read of text that is JSON; undefined where it is not, which whoever reads it finds out first. */
export function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

type ErrorClass = abstract new (...args: never[]) => Error;

/** What a parser makes of it; undefined where it refuses, which it may do with these errors only. */
export function readBy<T>(read: () => T, ...declared: readonly ErrorClass[]): T | undefined {
  try {
    return read();
  } catch (error) {
    checkDeclared(error, ...declared);
    return undefined;
  }
}

export function checkDeclared(error: unknown, ...declared: readonly ErrorClass[]): void {
  if (declared.some((each) => error instanceof each)) return;
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  throw new Broken(`an error that is not declared: ${text}`);
}

/** A promise that does not hold. */
export class Broken extends Error {
  override readonly name = 'Broken';
}

export function check(holds: boolean, promise: string): void {
  if (!holds) throw new Broken(promise);
}

/** What was parsed is written, and read as the same. */
export function checkSame(one: unknown, other: unknown): void {
  const [first, second] = [JSON.stringify(one), JSON.stringify(other)];
  if (first !== second)
    throw new Broken(`read, written and read again it is not the same: ${first} ${second}`);
}
