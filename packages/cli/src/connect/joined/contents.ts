import { isRecord } from '@mcp-nostr/core';

import { shownUri } from './names.ts';

type Fields = Record<string, unknown>;

/** What a server answers to this method, with URIs as the host can give them back. */
export function shownResult(prefix: string, method: string, result: Fields): Fields {
  const { content, contents, messages } = result;
  if (method === 'tools/call' && Array.isArray(content))
    return { ...result, content: content.map((each) => shownContent(prefix, each)) };
  if (method === 'resources/read' && Array.isArray(contents))
    return { ...result, contents: contents.map((each) => withShownUri(prefix, each)) };
  if (method === 'prompts/get' && Array.isArray(messages))
    return { ...result, messages: messages.map((each) => shownMessage(prefix, each)) };
  return result;
}

/** A record whose `uri` is one of the server's, with the host's. */
export function withShownUri(prefix: string, value: unknown): unknown {
  if (!isRecord(value) || typeof value['uri'] !== 'string') return value;
  return { ...value, uri: shownUri(prefix, value['uri']) };
}

function shownMessage(prefix: string, message: unknown): unknown {
  return isRecord(message) ? { ...message, content: shownContent(prefix, message['content']) } : message;
}

function shownContent(prefix: string, content: unknown): unknown {
  if (!isRecord(content)) return content;
  if (content['type'] === 'resource_link') return withShownUri(prefix, content);
  if (content['type'] === 'resource')
    return { ...content, resource: withShownUri(prefix, content['resource']) };
  return content;
}
