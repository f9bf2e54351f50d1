/** What is counted in a run, and what must not be. */
export class Ledger {
  readonly violations: string[] = [];
  readonly #executions: Map<string, number> = new Map();
  readonly #outcomes: Map<string, string> = new Map();
  /** Notifications whose sender was told that they were not sent. */
  readonly #withdrawn: Set<string> = new Set();
  answered = 0;
  failed = 0;
  cancelled = 0;
  delivered = 0;

  violated(text: string): void {
    if (this.violations.length < 20) this.violations.push(text);
  }

  withdrawn(from: string, number: number): void {
    this.#withdrawn.add(`${from}:${number}`);
  }

  isWithdrawn(from: string, number: number): boolean {
    return this.#withdrawn.has(`${from}:${number}`);
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

/** Numbers that must come without a gap and without a repetition. */
export class Order {
  readonly #ledger: Ledger;
  readonly #from: string;
  readonly #what: string;
  #last: number | undefined;

  constructor(ledger: Ledger, from: string, what: string) {
    this.#ledger = ledger;
    this.#from = from;
    this.#what = what;
  }

  take(number: number): void {
    const { violations } = this.#ledger;
    this.#ledger.delivered++;
    const last = this.#last ?? number - 1;
    this.#last = number;
    if (number <= last) this.#ledger.violated(`${this.#what}: ${number} came after ${last}`);
    for (let missing = last + 1; missing < number && violations.length === 0; missing++) {
      if (this.#ledger.isWithdrawn(this.#from, missing)) continue;
      this.#ledger.violated(`${this.#what}: ${number} came after ${last}, ${missing} is lost`);
    }
  }
}
