import { randomUUID } from 'node:crypto';

/** What the two lines' transports for sessions over Streamable HTTP have in common. */
interface SessionTransport {
  close(): Promise<void>;
  onclose?: (() => void) | undefined;
  handleRequest(request: Request): Promise<Response>;
}

export interface SessionOptions {
  sessionIdGenerator: () => string;
  onsessioninitialized: (id: string) => void;
}

/** The sessions of the old era, each with a server of its own. */
export class HttpSessions {
  readonly #open: (options: SessionOptions) => Promise<SessionTransport>;
  readonly #sessions: Map<string, SessionTransport> = new Map();

  /** `open` connects a new server to a new transport. */
  constructor(open: (options: SessionOptions) => Promise<SessionTransport>) {
    this.#open = open;
  }

  readonly fetch = async (request: Request): Promise<Response> => {
    const id = request.headers.get('mcp-session-id');
    const session = id === null ? await this.#begin() : this.#sessions.get(id);
    if (session !== undefined) return session.handleRequest(request);
    const error = { code: -32_001, message: `the session ${id} is not known` };
    return Response.json({ jsonrpc: '2.0', id: null, error }, { status: 404 });
  };

  async close(): Promise<void> {
    await Promise.all([...this.#sessions.values()].map((session) => session.close()));
  }

  async #begin(): Promise<SessionTransport> {
    let own = '';
    const session: SessionTransport = await this.#open({
      sessionIdGenerator: randomUUID,
      onsessioninitialized: (id) => {
        own = id;
        this.#sessions.set(id, session);
      },
    });
    const { onclose } = session; // the server's
    session.onclose = () => {
      this.#sessions.delete(own);
      onclose?.();
    };
    return session;
  }
}
