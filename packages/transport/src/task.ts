/**
 * Runs functions one after the other, each in a task of its own: the SDKs handle a notification in a microtask and a
 * response at once, so a progress notification delivered in one task with its response would be lost.
 */
export class TaskQueue {
  readonly #onerror: (error: unknown) => void;
  readonly #tasks: (() => void)[] = [];
  #channel: MessageChannel | undefined;
  #isClosed = false;

  /** What a task throws goes to `onerror` and stops neither the queue nor the process. */
  constructor(onerror: (error: unknown) => void) {
    this.#onerror = onerror;
  }

  add(task: () => void): void {
    if (this.#isClosed) return;
    this.#tasks.push(task);
    this.#schedule();
  }

  /** What is queued is not run any more. */
  close(): void {
    this.#isClosed = true;
    this.#tasks.length = 0;
    this.#channel?.port1.close();
  }

  readonly #runNext = (): void => {
    try {
      this.#tasks.shift()?.();
    } catch (error) {
      this.#onerror(error);
    }
  };

  // setImmediate where there is one: as fast, and Node does not exit over a task that is queued, as it would over an
  // unreferenced port. In browsers setTimeout would wait 4 ms, and much longer in a background tab.
  #schedule(): void {
    if (typeof globalThis.setImmediate === 'function') {
      globalThis.setImmediate(this.#runNext);
      return;
    }
    if (this.#channel === undefined) {
      this.#channel = new MessageChannel();
      this.#channel.port1.addEventListener('message', this.#runNext);
      this.#channel.port1.start();
    }
    this.#channel.port2.postMessage(undefined);
  }
}
