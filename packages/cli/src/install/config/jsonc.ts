import { isDeepStrictEqual } from 'node:util';

import { isRecord } from '@mcp-nostr/core';
import {
  getNodeValue,
  type Node,
  parse,
  type ParseError,
  parseTree,
  printParseErrorCode,
} from 'jsonc-parser';

import type { ConfigFormat } from './config-format.ts';
import { hostConfigError, lineAt } from './host-config-error.ts';
import { addMember, removeMember, replaceValue } from './json-splice.ts';

/** What hosts write and people edit: comments and trailing commas are in order, and so is a file without anything. */
const options = { allowTrailingComma: true, allowEmptyContent: true };

export const jsonc: ConfigFormat = {
  parse(text) {
    if (rootOf(text) === undefined) return {};
    const value: unknown = parse(text, [], options);
    return isRecord(value) ? value : {};
  },

  set(text, { container, name }, entry) {
    const root = rootOf(text);
    if (root === undefined) {
      const eol = text.includes('\r\n') ? '\r\n' : '\n';
      const start = text === '' || text.endsWith('\n') ? text : text + eol;
      return set(`${start}{${eol}}${eol}`);
    }
    return set(text);

    function set(from: string): string {
      const object = rootOf(from);
      if (object === undefined) return from;
      const list = objectAt(from, object, container);
      if (list === undefined) return addMember(from, object, container, { [name]: entry });
      const old = objectAt(from, list, name);
      if (old === undefined) return addMember(from, list, name, entry);
      // Key by key: what else a person has put there stays.
      const key = Object.entries(entry).find(([each, value]) => {
        const found = memberOf(from, old, each)?.children?.[1];
        return found === undefined || !isDeepStrictEqual(getNodeValue(found), value);
      });
      if (key === undefined) return from;
      const found = memberOf(from, old, key[0])?.children?.[1];
      return set(found === undefined ? addMember(from, old, ...key) : replaceValue(from, found, key[1]));
    }
  },

  remove(text, { container, name }) {
    const root = rootOf(text);
    const list = root === undefined ? undefined : objectAt(text, root, container);
    const member = list === undefined ? undefined : memberOf(text, list, name);
    if (list === undefined || member === undefined) return text;
    const removed = removeMember(text, list, member);
    const rest = rootOf(removed);
    const emptied = rest === undefined ? undefined : memberOf(removed, rest, container);
    if (rest === undefined || emptied === undefined) return removed;
    // One with a comment in it is somebody's.
    const listText = removed.slice(emptied.offset, emptied.offset + emptied.length).replace(/\s/g, '');
    return listText === `${JSON.stringify(container)}:{}` ? removeMember(removed, rest, emptied) : removed;
  },
};

function rootOf(text: string): Node | undefined {
  const errors: ParseError[] = [];
  const root = parseTree(text, errors, options);
  const [error] = errors;
  if (error !== undefined) {
    const reason = printParseErrorCode(error.error).replace(/(?<=[a-z])(?=[A-Z])/g, ' ');
    throw hostConfigError(`line ${lineAt(text, error.offset)} is no JSON: ${reason.toLowerCase()}`);
  }
  if (root !== undefined && root.type !== 'object') throw hostConfigError('it holds no JSON object');
  return root;
}

/** The object behind a key; undefined when the key is not there. */
function objectAt(text: string, object: Node, key: string): Node | undefined {
  const value = memberOf(text, object, key)?.children?.[1];
  if (value === undefined || value.type === 'object') return value;
  throw hostConfigError(`line ${lineAt(text, value.offset)}: "${key}" is no object`);
}

function memberOf(text: string, object: Node, key: string): Node | undefined {
  const [member, second] = (object.children ?? []).filter(({ children }) => children?.[0]?.value === key);
  if (second === undefined) return member;
  // Programs differ in which of the two they obey.
  throw hostConfigError(`line ${lineAt(text, second.offset)}: "${key}" is there twice`);
}
