/** Something that waits until it is let through. */
export class Gate {
  readonly opened: Promise<void>;
  #open: () => void = () => {};

  constructor() {
    this.opened = new Promise((resolve) => {
      this.#open = resolve;
    });
  }

  open(): void {
    this.#open();
  }
}

/** One for each name. */
export class Gates {
  readonly #gates: Map<string, Gate> = new Map();

  of(name: string): Gate {
    let gate = this.#gates.get(name);
    if (gate === undefined) this.#gates.set(name, (gate = new Gate()));
    return gate;
  }
}
