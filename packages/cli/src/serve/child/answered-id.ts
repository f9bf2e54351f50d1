import { isRequestId, type RequestId } from '@mcp-nostr/core';

const ID = String.raw`"id"\s*:\s*(-?\d{1,16}|"(?:[^"\\]|\\.){0,200}")`;
/** Servers made with Python, Go, Rust and most others. */
const ID_FIRST = new RegExp(
  String.raw`^\s*\{(?:\s*"jsonrpc"\s*:\s*"2\.0"\s*,)?\s*${ID}\s*,\s*"(?:result|error)"`,
);
/** Servers made with the TypeScript SDK. */
const ANSWER_FIRST = /^\s*\{\s*"(?:result|error)"/;
const ID_LAST = new RegExp(String.raw`,\s*${ID}\s*\}\s*$`);

/** The id of an answer of which only the beginning and the end are there, where one of both has it. */
export function answeredId(head: string, tail: string): RequestId | undefined {
  const [, id] = ID_FIRST.exec(head) ?? (ANSWER_FIRST.test(head) ? ID_LAST.exec(tail) : null) ?? [];
  if (id === undefined) return undefined;
  try {
    const parsed: unknown = JSON.parse(id);
    return isRequestId(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
}
