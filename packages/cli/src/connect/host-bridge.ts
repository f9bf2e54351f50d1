import {
  cancelledId,
  type FailureCode,
  failureResponse,
  isRequest,
  isResponse,
  type JsonRpcMessage,
  type JsonRpcRequest,
  type RequestId,
} from '@mcp-nostr/core';

import type { ClientTransport, Log, OpenTransport } from '../client-transport.ts';
import { errorText, failureAnswer } from '../failure-answer.ts';

export interface HostBridgeOptions {
  /** A transport that was not started. */
  open: OpenTransport;
  /** A message for the host. */
  onmessage: (message: JsonRpcMessage) => void;
  /** A line for whoever reads the host's log. */
  onlog: Log;
}

/** One transport from its start to its end. */
interface Session {
  transport: ClientTransport;
  started: Promise<void>;
  /** The host has sent its `initialize` on it. */
  isInitialized: boolean;
  /** Requests of the host that are not answered. */
  pending: Set<RequestId>;
  /** Requests of the server that the host has not answered. */
  asked: Set<RequestId>;
}

/**
 * Passes messages between a host and a server as they are, and answers the host where the server cannot: every
 * request gets an answer, and the network's state never ends the process. An `initialize` is a new connection.
 */
export class HostBridge {
  readonly #options: HostBridgeOptions;
  #session: Session | undefined;
  /** A connection was lost; the next has to begin with `initialize`. */
  #isLost = false;
  #isClosed = false;

  constructor(options: HostBridgeOptions) {
    this.#options = options;
  }

  /** A message of the host. */
  receive(message: JsonRpcMessage): void {
    if (this.#isClosed) return;
    const isInitialize = isRequest(message) && message.method === 'initialize';
    if (isInitialize && this.#session?.isInitialized === true)
      this.#drop(this.#session, 'the host started anew');
    if (this.#isLost && !isInitialize) {
      if (isRequest(message)) {
        this.#fail(
          message.id,
          'server_failed',
          'not sent: the server ended the connection; initialize again',
        );
      }
      return;
    }
    this.#isLost = false;
    this.#session ??= this.#openSession();
    if (isInitialize) this.#session.isInitialized = true;
    this.#forward(this.#session, message);
  }

  /** Ends the connection. The host has gone, so nothing is answered any more. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const session = this.#session;
    this.#session = undefined;
    await session?.transport.close();
  }

  #openSession(): Session {
    const transport = this.#options.open();
    const session: Session = {
      transport,
      started: Promise.resolve(),
      isInitialized: false,
      pending: new Set(),
      asked: new Set(),
    };
    transport.onmessage = (message) => this.#deliver(session, message);
    transport.onerror = (error) => this.#options.onlog(error.message);
    transport.onclose = () => {
      if (session === this.#session) this.#lose(session);
    };
    session.started = transport.start();
    session.started.catch((error: unknown) => this.#startFailed(session, error));
    return session;
  }

  #forward(session: Session, message: JsonRpcMessage): void {
    if (isRequest(message)) session.pending.add(message.id);
    const cancelled = cancelledId(message);
    if (cancelled !== undefined) session.pending.delete(cancelled);
    // An answer to what an earlier connection asked would be taken for the answer to something else.
    if (isResponse(message) && (message.id === undefined || !session.asked.delete(message.id))) return;
    session.started
      .then(() => session.transport.send(message))
      .catch((error: unknown) => {
        // Also after a failed start, which has answered everything by then.
        if (isRequest(message)) this.#answerFailure(session, message, error);
      });
  }

  #deliver(session: Session, message: JsonRpcMessage): void {
    if (session !== this.#session) return;
    if (isRequest(message)) session.asked.add(message.id);
    // An answer that nobody waits for: the request was cancelled or has been answered with an error.
    if (isResponse(message) && message.id !== undefined && !session.pending.delete(message.id)) return;
    this.#options.onmessage(message);
  }

  #answerFailure(session: Session, request: JsonRpcRequest, error: unknown): void {
    if (session !== this.#session || !session.pending.delete(request.id)) return;
    this.#options.onmessage(failureAnswer(request.id, error));
  }

  /** The relays of the server are not known, or the like: the next message tries anew. */
  #startFailed(session: Session, error: unknown): void {
    if (session !== this.#session) return;
    this.#session = undefined;
    this.#options.onlog(`no connection: ${errorText(error)}`);
    this.#failAll(session, 'relays_unreachable', errorText(error));
    session.transport.close().catch(() => undefined); // It never opened.
  }

  /** The server ended the connection, or has been restarted. */
  #lose(session: Session): void {
    this.#session = undefined;
    this.#isLost = session.isInitialized;
    this.#options.onlog('the server closed the connection; the next initialize opens another');
    this.#failAll(session, 'outcome_unknown', 'the server closed the connection before it answered');
  }

  #drop(session: Session, reason: string): void {
    this.#session = undefined;
    this.#failAll(session, 'outcome_unknown', `the connection was given up: ${reason}`);
    session.transport.close().catch((error: unknown) => this.#options.onlog(errorText(error)));
  }

  #failAll(session: Session, code: FailureCode, reason: string): void {
    for (const id of session.pending) this.#fail(id, code, reason);
    session.pending.clear();
  }

  #fail(id: RequestId, code: FailureCode, reason: string): void {
    this.#options.onmessage(failureResponse(id, code, reason));
  }
}
