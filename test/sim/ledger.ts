/** What is counted in a run, and what must not be. */
export class Ledger {
  readonly violations: string[] = [];
  readonly #executions: Map<string, number> = new Map();
  readonly #outcomes: Map<string, string> = new Map();
  answered = 0;
  failed = 0;
  cancelled = 0;
  delivered = 0;

  violated(text: string): void {
    if (this.violations.length < 20) this.violations.push(text);
  }

  executed(key: string, isHarmless: boolean): void {
    const count = (this.#executions.get(key) ?? 0) + 1;
    this.#executions.set(key, count);
    if (count > 1 && !isHarmless) this.violated(`${key} was executed ${count} times`);
    const outcome = this.#outcomes.get(key);
    if (outcome !== undefined && outcome !== 'outcome_unknown' && outcome !== 'cancelled' && !isHarmless)
      this.violated(`${key} was executed after its outcome was ${outcome}`);
  }

  /** `ok`, or the code of a failure. */
  settled(key: string, outcome: string, isHarmless: boolean): void {
    const before = this.#outcomes.get(key);
    if (before !== undefined) this.violated(`${key}: ${outcome} after ${before}`);
    this.#outcomes.set(key, outcome);
    const isExecuted = this.#executions.has(key);
    if (outcome === 'ok') this.answered++;
    else this.failed++;
    if (outcome === 'cancelled') this.cancelled++;
    if (outcome === 'ok' && !isExecuted) this.violated(`${key} was answered and not executed`);
    const mayBeExecuted = outcome === 'ok' || outcome === 'outcome_unknown' || outcome === 'cancelled';
    if (isExecuted && !mayBeExecuted && !isHarmless)
      this.violated(`${key} was executed and reported as ${outcome}`);
  }
}

/** Numbers that must come without a gap and without a repetition, as long as nothing begins anew. */
export class Order {
  readonly #ledger: Ledger;
  readonly #what: string;
  #last: number | undefined;

  constructor(ledger: Ledger, what: string) {
    this.#ledger = ledger;
    this.#what = what;
  }

  get last(): number {
    return this.#last ?? -1;
  }

  /** `isContinued`: nothing may be missing before it. */
  take(number: number, isContinued: boolean): void {
    this.#ledger.delivered++;
    if (this.#last !== undefined && number <= this.#last)
      this.#ledger.violated(`${this.#what}: ${number} came after ${this.#last}`);
    else if (isContinued && this.#last !== undefined && number !== this.#last + 1)
      this.#ledger.violated(`${this.#what}: ${number} came after ${this.#last}, something is lost`);
    this.#last = number;
  }
}
