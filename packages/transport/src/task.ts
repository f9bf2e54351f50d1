/**
 * Runs functions one after the other, each in a task of its own: the SDKs handle a notification in a microtask and a
 * response at once, so a progress notification delivered in one task with its response would be lost.
 */
export class TaskQueue {
  readonly #channel = new MessageChannel();
  readonly #tasks: (() => void)[] = [];
  #closed = false;

  constructor() {
    this.#channel.port1.addEventListener('message', () => this.#tasks.shift()?.());
    this.#channel.port1.start();
    // On Node an open port would keep the process alive; the sockets do that as long as they must.
    unref(this.#channel.port1);
  }

  add(task: () => void): void {
    if (this.#closed) return;
    this.#tasks.push(task);
    this.#channel.port2.postMessage(undefined);
  }

  /** What is queued is not run any more. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#tasks.length = 0;
    this.#channel.port1.close();
  }
}

function unref(port: object): void {
  if ('unref' in port && typeof port.unref === 'function') port.unref();
}
