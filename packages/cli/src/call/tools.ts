import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';

import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import type { RequestOptions } from '@modelcontextprotocol/sdk/shared/protocol.js';
import { CallToolResultSchema, type CallToolResult, type Tool } from '@modelcontextprotocol/sdk/types.js';

import { CliError, exitCodes, usageError } from '../errors.ts';
import { formatBytes, formatDuration, harmless, oneLine, paintFor } from '../terminal.ts';
import { bytesIn, formatResult, numberedPath } from './print-result.ts';
import { formatTools } from './print-tools.ts';
import { ProgressLine } from './progress-line.ts';
import { toolArguments } from './tool-arguments.ts';

/** A client that is connected, and how long and until when it waits. */
export interface ToolSession {
  client: Client;
  request: RequestOptions;
}

/** A call as it was typed. */
export interface ToolCall {
  tool: string;
  words: readonly string[];
  /** `--args` */
  given: Record<string, unknown> | undefined;
}

/** The options of `call` that concern what is printed. */
export interface ToolOptions {
  out?: string;
  json?: boolean;
}

/** Above this a server that always has a next page is stopped. */
const MAX_PAGES = 100;

/** Prints what the server offers. */
export async function listTools(session: ToolSession, { json }: ToolOptions): Promise<void> {
  const startedAt = performance.now();
  const tools = await allTools(session);
  const durationMs = elapsedMs(startedAt);
  const server = session.client.getServerVersion();
  if (json === true) return printJson({ server, tools, durationMs });
  process.stdout.write(formatTools(tools, paintFor(process.stdout)));
  const name = oneLine(`${server?.title ?? server?.name ?? 'server'} ${server?.version ?? ''}`, 80);
  note(`${name} · ${tools.length} ${tools.length === 1 ? 'tool' : 'tools'} · ${formatDuration(durationMs)}`);
}

/**
 * Calls a tool and prints its result.
 * @throws {CliError} `unknown_tool`; `usage` for arguments that do not fit; `tool_failed` after the tool's own error
 */
export async function callTool(
  session: ToolSession,
  { tool: name, words, given }: ToolCall,
  { out, json }: ToolOptions,
): Promise<void> {
  const tools = await allTools(session);
  const tool = tools.find((each) => each.name === name) ?? unknownTool(name, tools);
  const toolInput = toolArguments(tool.inputSchema, {
    words,
    readFile: (path) => readFileSync(path, 'utf8'),
    given,
  });
  const progress = new ProgressLine(process.stderr);
  const startedAt = performance.now();
  let result: CallToolResult;
  try {
    // Not `client.callTool`: that refuses results which differ from the tool's own schema, and here they are to be seen.
    result = await session.client.request(
      { method: 'tools/call', params: { name, arguments: toolInput } },
      CallToolResultSchema,
      { ...session.request, onprogress: (update) => progress.show(update) },
    );
  } finally {
    progress.clear();
  }
  const durationMs = elapsedMs(startedAt);
  if (json === true) printJson({ result, durationMs });
  else process.stdout.write(forTerminal(formatResult(result)));
  if (json !== true) note(formatDuration(durationMs));
  if (result.isError === true) {
    throw new CliError(
      'tool_failed',
      exitCodes.toolFailed,
      `the tool ${oneLine(name, 60)} reported an error`,
    );
  }
  if (out !== undefined) await writeBytes(out, result);
}

async function allTools({ client, request }: ToolSession): Promise<Tool[]> {
  if (client.getServerCapabilities()?.tools === undefined) return [];
  const tools: Tool[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < MAX_PAGES; page++) {
    const answer = await client.listTools(cursor === undefined ? {} : { cursor }, request);
    tools.push(...answer.tools);
    cursor = answer.nextCursor;
    if (cursor === undefined) break;
  }
  return tools;
}

function unknownTool(name: string, tools: readonly Tool[]): never {
  const names = tools.map((tool) => oneLine(tool.name, 60));
  throw new CliError('unknown_tool', exitCodes.toolFailed, `the server has no tool ${oneLine(name, 60)}`, {
    hint: names.length === 0 ? 'it has no tools at all' : `it has ${names.join(', ')}`,
  });
}

async function writeBytes(path: string, { content }: CallToolResult): Promise<void> {
  const all = bytesIn(content);
  if (all.length === 0) throw usageError('the result has no bytes for --out');
  for (const [index, bytes] of all.entries()) {
    const target = numberedPath(path, index);
    await writeFile(target, bytes);
    note(`${target}  ${formatBytes(bytes.length)}`);
  }
}

/** On a terminal a server's text must not move the cursor; a file gets it as it is. */
function forTerminal(text: string): string {
  return process.stdout.isTTY ? harmless(text) : text;
}

/** To a tenth: what is beyond that is noise. */
function elapsedMs(startedAt: number): number {
  return Math.round((performance.now() - startedAt) * 10) / 10;
}

function printJson(document: object): void {
  process.stdout.write(`${JSON.stringify(document)}\n`);
}

function note(line: string): void {
  process.stderr.write(`${paintFor(process.stderr)('dim', `── ${line}`)}\n`);
}
