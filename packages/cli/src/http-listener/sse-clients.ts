import { randomUUID } from 'node:crypto';

import type { Log, OpenTransport } from '../client-transport.ts';
import { readMessage } from '../read-message.ts';
import { DuplexClient } from './duplex-client.ts';
import { errorCodes, errorResponse } from './error-response.ts';
import type { Limits } from './limits.ts';
import { readBody } from './read-body.ts';
import type { Seats } from './seats.ts';
import { MESSAGES_PATH } from './ways.ts';

export interface SseClientsOptions {
  open: OpenTransport;
  limits: Limits;
  seats: Seats;
  onlog: Log;
}

interface SseClient {
  duplex: DuplexClient;
  /** Ends its stream. */
  end: () => void;
}

/**
 * HTTP+SSE as MCP 2024-11-05 has it: a client opens a stream, whose first event says where to post its messages, and
 * everything for the client comes on the stream.
 */
export class SseClients {
  readonly #options: SseClientsOptions;
  /** By the ids in their addresses, which nobody can guess. */
  readonly #clients: Map<string, SseClient> = new Map();

  constructor(options: SseClientsOptions) {
    this.#options = options;
  }

  /** `ended`: resolves when the response is written or the client has gone. */
  handle(request: Request, ended: Promise<void>): Response | Promise<Response> {
    return request.method === 'POST' ? this.#receive(request) : this.#open(ended);
  }

  /** Answers what waits and ends the streams. Never rejects. */
  async close(): Promise<void> {
    const farewells = [...this.#clients.values()].map(async ({ duplex, end }) => {
      const goodbye = duplex.close('mcp-nostr was stopped');
      end();
      await goodbye;
    });
    await Promise.all(farewells);
  }

  #open(ended: Promise<void>): Response {
    const { seats, limits } = this.#options;
    if (seats.isFull) {
      const text = `Service Unavailable: ${seats.taken} clients are connected; try again later`;
      return errorResponse(503, errorCodes.badRequest, text);
    }
    const leave = seats.take();
    const id = randomUUID();
    const stream = new EventStream(limits.keepAliveMs);
    const duplex = new DuplexClient({
      ...this.#options,
      send: (message) => stream.write('message', JSON.stringify(message)),
    });
    this.#clients.set(id, { duplex, end: () => stream.end() });
    stream.write('endpoint', `${MESSAGES_PATH}?sessionId=${id}`);
    void ended.then(() => {
      this.#clients.delete(id);
      stream.end();
      leave();
      return duplex.close(); // it never rejects
    });
    return new Response(stream.body, {
      headers: {
        'Content-Type': 'text/event-stream',
        'Cache-Control': 'no-cache, no-transform',
        // Programs before this one may hold events back until they have many.
        'X-Accel-Buffering': 'no',
      },
    });
  }

  async #receive(request: Request): Promise<Response> {
    const id = new URL(request.url).searchParams.get('sessionId') ?? '';
    const text = await readBody(request, this.#options.limits.maxBodyBytes);
    if (text instanceof Response) return text;
    // Later than the body, because its stream may have ended meanwhile.
    const client = this.#clients.get(id);
    if (client === undefined) {
      const why = 'Session not found: its event stream has ended, or never was; open another';
      return errorResponse(404, errorCodes.sessionNotFound, why);
    }
    const reading = readMessage(text);
    if ('refusal' in reading) return Response.json({ id: null, ...reading.refusal }, { status: 400 });
    client.duplex.receive(reading.message);
    return new Response('Accepted', { status: 202 });
  }
}

/** What is written to one client; the listener bounds what it leaves unread. */
class EventStream {
  readonly body: ReadableStream<Uint8Array>;
  readonly #encoder = new TextEncoder();
  readonly #keepAlive: ReturnType<typeof setInterval>;
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;

  constructor(keepAliveMs: number) {
    this.body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        this.#controller = controller;
      },
      cancel: () => this.#stop(),
    });
    this.#keepAlive = setInterval(() => this.#write(': keep-alive\n\n'), keepAliveMs);
  }

  /** `data` without line feeds. */
  write(event: string, data: string): void {
    this.#write(`event: ${event}\ndata: ${data}\n\n`);
  }

  end(): void {
    const controller = this.#controller;
    this.#stop();
    controller?.close();
  }

  #write(text: string): void {
    this.#controller?.enqueue(this.#encoder.encode(text));
  }

  #stop(): void {
    clearInterval(this.#keepAlive);
    this.#controller = undefined;
  }
}
