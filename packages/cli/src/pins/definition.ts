import { createHash } from 'node:crypto';

import { canonicalJson } from '@mcp-nostr/core';

import { limits } from './limits.ts';

export type Fields = Record<string, unknown>;

/** What was seen of something, and when. */
export interface Sighting {
  /** Of the canonical JSON (RFC 8785) of the definition, in hex. */
  readonly sha256: string;
  /** Milliseconds since 1970. */
  readonly seenAt: number;
  /** Not there when it is too large to be kept. */
  readonly definition?: Fields | undefined;
}

/**
 * What of a tool is looked at: everything that tells a model or a person what it does, members that a later MCP adds
 * too. Pictures do not, and `_meta` is where servers put what differs from one answer to the next.
 */
export function toolDefinition(tool: Fields): Fields {
  const { icons: _icons, _meta, ...definition } = tool;
  return definition;
}

/** The text that a server gives to every model that uses it; an empty definition where it gives none. */
export function instructionsDefinition(instructions: unknown): Fields {
  return typeof instructions === 'string' ? { instructions } : {};
}

/** Undefined for what nobody can read: it is nested without end. */
export function sightingOf(definition: Fields, seenAt: number): Sighting | undefined {
  try {
    const text = canonicalJson(definition);
    const sha256 = createHash('sha256').update(text).digest('hex');
    return { sha256, seenAt, ...(text.length > limits.maxDefinitionChars ? {} : { definition }) };
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}
