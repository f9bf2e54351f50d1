import { NostrClientTransport, type NostrClientTransportOptions } from '@mcp-nostr/client';
import { formatNpub, generateSecretKey, secretKeySigner, type Signer } from '@mcp-nostr/core';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import {
  type CallToolResult,
  CallToolResultSchema,
  type Progress,
  type Tool,
} from '@modelcontextprotocol/sdk/types.js';

/** A list that goes on after this many pages is not meant to end. */
const MAX_TOOL_PAGES = 50;

/** How one tool call is followed and stopped. */
export interface CallOptions {
  signal: AbortSignal;
  onprogress: (progress: Progress) => void;
}

/** One MCP server, called with a signer, or with a key that is made for this connection and forgotten with it. */
export class Connection {
  readonly #client: Client;
  readonly #options: NostrClientTransportOptions;
  readonly #signer: Signer;
  #isOpen = false;

  constructor(
    options: Pick<NostrClientTransportOptions, 'server' | 'signer' | 'onrelay'>,
    onclose: () => void,
  ) {
    this.#signer = options.signer ?? secretKeySigner(generateSecretKey());
    this.#options = { ...options, signer: this.#signer };
    // The SDK's own validator compiles schemas with `new Function`, which the page's Content Security Policy forbids.
    const jsonSchemaValidator = { getValidator: () => acceptEverything };
    this.#client = new Client({ name: 'mcp-nostr-page', version: '1.0.0' }, { jsonSchemaValidator });
    this.#client.onclose = () => {
      if (this.#isOpen) onclose();
    };
  }

  /** Shakes hands; `onclose` is for what ends after that. @throws {AddressError | McpError} */
  async open(): Promise<void> {
    await this.#client.connect(new NostrClientTransport(this.#options));
    this.#isOpen = true;
  }

  /** As whom the server sees us. */
  async npub(): Promise<string> {
    return formatNpub(await this.#signer.getPublicKey());
  }

  /** What the server says of itself. */
  get server(): { name: string; version: string; instructions: string } {
    const { name = 'Server without a name', title, version = '' } = this.#client.getServerVersion() ?? {};
    return { name: title ?? name, version, instructions: this.#client.getInstructions() ?? '' };
  }

  async listTools(): Promise<Tool[]> {
    if (this.#client.getServerCapabilities()?.tools === undefined) return [];
    const tools: Tool[] = [];
    let cursor: string | undefined;
    for (let page = 0; page < MAX_TOOL_PAGES; page++) {
      const { tools: more, nextCursor } = await this.#client.listTools({ cursor });
      tools.push(...more);
      if (nextCursor === undefined) break;
      cursor = nextCursor;
    }
    return tools;
  }

  /** @throws {McpError} when there is no result; a tool that failed has one */
  async callTool(name: string, args: Record<string, unknown>, options: CallOptions): Promise<CallToolResult> {
    const params = { name, arguments: args };
    const result = await this.#client.callTool(params, undefined, {
      ...options,
      resetTimeoutOnProgress: true,
    });
    return CallToolResultSchema.parse(result);
  }

  async close(): Promise<void> {
    this.#isOpen = false;
    await this.#client.close();
  }
}

/** The page shows results and does not compute with them. */
function acceptEverything(input: unknown) {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the interface promises what only checking can
  return { valid: true as const, data: input as never, errorMessage: undefined };
}
