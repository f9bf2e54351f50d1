/** Keeps what comes until there is somebody to take it, in its order. */
export class Handover<Item> {
  readonly #waiting: Item[] = [];
  #take: ((item: Item) => void) | undefined;

  readonly push = (item: Item): void => {
    if (this.#take === undefined) this.#waiting.push(item);
    else this.#take(item);
  };

  to(take: (item: Item) => void): void {
    this.#take = take;
    for (const item of this.#waiting.splice(0)) take(item);
  }
}
