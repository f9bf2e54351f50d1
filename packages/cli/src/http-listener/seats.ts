/** Connections to the server that clients of every kind hold: one bound for all, because its server has one. */
export class Seats {
  taken = 0;
  readonly #max: number;

  constructor(max: number) {
    this.#max = max;
  }

  get isFull(): boolean {
    return this.taken >= this.#max;
  }

  /** Takes one; what is returned gives it back, once. */
  take(): () => void {
    this.taken += 1;
    let isTaken = true;
    return () => {
      if (isTaken) this.taken -= 1;
      isTaken = false;
    };
  }
}
