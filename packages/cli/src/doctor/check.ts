/** `warn`: it works, and something about it will not always. */
export type CheckStatus = 'ok' | 'warn' | 'fail';

/** One thing that was looked at. */
export interface Check {
  /** What it was, by a name that programs can rely on: `relay.reach`. */
  id: string;
  status: CheckStatus;
  /** Of what: `key`, a relay's URL. */
  title: string;
  /** What was found; of a failure its cause. */
  detail: string;
  /** What to do about it. */
  hint?: string;
  /** What the shell is told when this is the first failure. */
  exitCode?: number;
}

/** Makes the checks of one subject. */
export class Findings {
  readonly checks: Check[] = [];
  readonly #subject: string;
  readonly #title: string;

  constructor(subject: string, title: string = subject) {
    this.#subject = subject;
    this.#title = title;
  }

  get isSound(): boolean {
    return this.checks.every(({ status }) => status !== 'fail');
  }

  ok(name: string, detail: string): void {
    this.#add(name, { status: 'ok', detail });
  }

  warn(name: string, detail: string, hint: string): void {
    this.#add(name, { status: 'warn', detail, hint });
  }

  fail(name: string, detail: string, { hint, exitCode }: { hint: string; exitCode: number }): void {
    this.#add(name, { status: 'fail', detail, hint, exitCode });
  }

  #add(name: string, check: Omit<Check, 'id' | 'title'>): void {
    const id = name === '' ? this.#subject : `${this.#subject}.${name}`;
    this.checks.push({ id, title: this.#title, ...check });
  }
}
