import type { JsonRpcRequest } from '@mcp-nostr/core';

/** The lists of a server: the member of the result that holds one, and how a change of it is called. */
export const lists = {
  'tools/list': { member: 'tools', capability: 'tools' },
  'resources/list': { member: 'resources', capability: 'resources' },
  'resources/templates/list': { member: 'resourceTemplates', capability: 'resources' },
  'prompts/list': { member: 'prompts', capability: 'prompts' },
} as const;

export type ListMethod = keyof typeof lists;
export type ListCapability = (typeof lists)[ListMethod]['capability'];

export const listMethods: readonly ListMethod[] = [
  'tools/list',
  'resources/list',
  'resources/templates/list',
  'prompts/list',
];

export function isListMethod(method: string): method is ListMethod {
  return Object.hasOwn(lists, method);
}

/** The list whose changes a notification tells of. */
export function changedCapability(method: string): ListCapability | undefined {
  const [, capability] = /^notifications\/(tools|resources|prompts)\/list_changed$/.exec(method) ?? [];
  return capability === 'tools' || capability === 'resources' || capability === 'prompts'
    ? capability
    : undefined;
}

export function cursorOf({ params }: JsonRpcRequest): string | undefined {
  const cursor = params?.['cursor'];
  return typeof cursor === 'string' ? cursor : undefined;
}

/** The list of which a request asks for the first page. */
export function firstPageOf(request: JsonRpcRequest): ListMethod | undefined {
  const { method } = request;
  return isListMethod(method) && cursorOf(request) === undefined ? method : undefined;
}
