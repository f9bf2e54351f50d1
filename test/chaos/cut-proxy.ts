import { connect, createServer, type Server, type Socket } from 'node:net';

/** Stands between a relay and everybody else, and cuts connections with whatever is on its way in them. */
export class CutProxy {
  readonly #server: Server;
  readonly #connections: Set<Socket> = new Set();

  private constructor(targetPort: number) {
    this.#server = createServer({ noDelay: true }, (near) => this.#join(near, targetPort));
  }

  static async open(port: number, targetPort: number): Promise<CutProxy> {
    const proxy = new CutProxy(targetPort);
    await new Promise<void>((resolve, reject) => {
      proxy.#server.once('error', reject).listen(port, '127.0.0.1', resolve);
    });
    return proxy;
  }

  /** Cuts about this share of the connections, and one at least where there are any; returns how many. */
  cut(share: number, random: () => number): number {
    const all = [...this.#connections];
    const sure = Math.floor(random() * all.length);
    const chosen = all.filter((_, index) => index === sure || random() < share);
    for (const socket of chosen) socket.resetAndDestroy();
    return chosen.length;
  }

  async close(): Promise<void> {
    for (const socket of this.#connections) socket.destroy();
    await new Promise((resolve) => {
      this.#server.close(resolve);
    });
  }

  #join(near: Socket, targetPort: number): void {
    const far = connect({ port: targetPort, host: '127.0.0.1', noDelay: true });
    this.#connections.add(near);
    // Errors of a socket are followed by its close.
    near
      .on('error', () => {})
      .on('close', () => {
        this.#connections.delete(near);
        far.destroy();
      });
    far.on('error', () => {}).on('close', () => near.destroy());
    near.pipe(far);
    far.pipe(near);
  }
}
