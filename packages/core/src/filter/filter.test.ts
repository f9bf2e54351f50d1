import { describe, expect, it } from 'vitest';

import { type JsonRpcMessage, parseJsonRpc } from '../json-rpc.ts';
import { Filter } from './filter.ts';
import { Glob } from './glob.ts';
import type { FilterRules } from './rules.ts';

function filterOf(rules: { [kind in keyof FilterRules]: { allow?: string[]; deny?: string[] } }): Filter {
  const globs = (texts: string[] = []): Glob[] => texts.map((text) => new Glob(text));
  return new Filter(
    Object.fromEntries(
      Object.entries(rules).map(([kind, { allow, deny }]) => [
        kind,
        { allow: globs(allow), deny: globs(deny) },
      ]),
    ),
  );
}

function message(method: string, params?: object, id?: number): JsonRpcMessage {
  return parseJsonRpc({ jsonrpc: '2.0', ...(id !== undefined && { id }), method, ...(params && { params }) });
}

/** What the client is told when it sends this; undefined when the server is asked. */
function refusal(filter: Filter, method: string, params?: object): unknown {
  const { message: passed, answer } = filter.toServer(message(method, params, 1));
  expect(passed === undefined).toBe(answer !== undefined);
  return answer?.error;
}

const callable = (filter: Filter, ...names: unknown[]): unknown[] =>
  names.filter((name) => refusal(filter, 'tools/call', { name }) === undefined);
const readable = (filter: Filter, ...uris: unknown[]): unknown[] =>
  uris.filter((uri) => refusal(filter, 'resources/read', { uri }) === undefined);

/** A list as the client gets it. */
function shown(filter: Filter, result: Record<string, unknown>): unknown {
  const answer = filter.toClient({ jsonrpc: '2.0', id: 1, result });
  return answer !== undefined && 'result' in answer ? answer.result : answer;
}

describe('what is there', () => {
  it('is all that an allow matches, less what a deny matches', () => {
    const filter = filterOf({ tool: { allow: ['get_*', 'list'], deny: ['*_secret'] } });
    expect(callable(filter, 'get_a', 'get_secret', 'list', 'list2', 'put')).toEqual(['get_a', 'list']);
    const tools = ['get_a', 'get_secret', 'list', 'put'].map((name) => ({ name, title: name }));
    expect(shown(filter, { tools, nextCursor: 'n', _meta: { a: 1 } })).toEqual({
      tools: [tools[0], tools[2]],
      nextCursor: 'n',
      _meta: { a: 1 },
    });
  });

  it('is everything of a kind without rules', () => {
    const filter = filterOf({ prompt: { deny: ['*'] } });
    const list = { jsonrpc: '2.0' as const, id: 1, result: { tools: [{ name: 'a' }], resources: [{}] } };
    expect(filter.toClient(list)).toBe(list);
    expect(callable(filter, 'a')).toEqual(['a']);
    expect(shown(filter, { prompts: [{ name: 'a' }] })).toEqual({ prompts: [] });
  });

  it('goes for prompts, resources and templates in lists and in use', () => {
    const filter = filterOf({ prompt: { allow: ['hello'] }, resource: { allow: ['file:///a/*'] } });
    expect(refusal(filter, 'prompts/get', { name: 'hello' })).toBeUndefined();
    expect(refusal(filter, 'prompts/get', { name: 'other' })).toEqual({
      code: -32_602,
      message: 'Prompt other not found',
    });
    for (const method of [
      'resources/read',
      'resources/subscribe',
      'resources/unsubscribe',
      'resources/x/y',
    ]) {
      expect(refusal(filter, method, { uri: 'file:///a/1' })).toBeUndefined();
      expect(refusal(filter, method, { uri: 'file:///b/1' })).toMatchObject({ code: -32_602 });
    }
    expect(shown(filter, { resources: [{ uri: 'file:///a/1' }, { uri: 'file:///b/1' }] })).toEqual({
      resources: [{ uri: 'file:///a/1' }],
    });
    const templates = [{ uriTemplate: 'file:///a/{name}' }, { uriTemplate: 'file:///b/{name}' }];
    expect(shown(filter, { resourceTemplates: templates })).toEqual({ resourceTemplates: [templates[0]] });
  });

  it('goes for completions by what they complete', () => {
    const filter = filterOf({ prompt: { deny: ['secret'] }, resource: { allow: ['file:///a/*'] } });
    const complete = (ref: object): unknown => refusal(filter, 'completion/complete', { ref, argument: {} });
    expect(complete({ type: 'ref/prompt', name: 'hello' })).toBeUndefined();
    expect(complete({ type: 'ref/resource', uri: 'file:///a/{name}' })).toBeUndefined();
    expect(complete({ type: 'ref/prompt', name: 'secret' })).toMatchObject({ code: -32_602 });
    expect(complete({ type: 'ref/resource', uri: 'file:///b/{name}' })).toMatchObject({ code: -32_602 });
    // Whichever of both the server goes by.
    expect(complete({ type: 'ref/prompt', name: 'hello', uri: 'file:///b/{name}' })).toBeDefined();
    expect(complete({ type: 'ref/resource', uri: 'file:///a/{name}', name: 'secret' })).toBeDefined();
  });

  it('goes for news of resources, in both eras', () => {
    const filter = filterOf({ resource: { deny: ['file:///b/*'] } });
    const updated = (uri: unknown): unknown =>
      filter.toClient(message('notifications/resources/updated', { uri }));
    expect(updated('file:///a/1')).toBeDefined();
    expect(updated('file:///b/1')).toBeUndefined();
    expect(updated(undefined)).toBeUndefined();
    const notifications = { toolsListChanged: true, resourceSubscriptions: ['file:///a/1', 'file:///b/1'] };
    expect(filter.toServer(message('subscriptions/listen', { notifications, _meta: {} }, 1))).toMatchObject({
      message: {
        params: { notifications: { toolsListChanged: true, resourceSubscriptions: ['file:///a/1'] } },
      },
    });
  });

  it('passes everything else as it is', () => {
    const filter = filterOf({ tool: { deny: ['*'] } });
    const messages = [
      message('initialize', { protocolVersion: '2025-11-25' }, 0),
      message('tools/list', { cursor: 'c' }, 1),
      message('notifications/cancelled', { requestId: 1 }),
      parseJsonRpc({ jsonrpc: '2.0', id: 1, result: { tools: [{ name: 'a' }] } }),
    ];
    for (const each of messages) expect(filter.toServer(each)).toEqual({ message: each });
  });
});

describe('a caller who is not honest', () => {
  const filter = filterOf({
    tool: { deny: ['delete_*', 'café'] },
    resource: { allow: ['file:///public/*'], deny: ['*/private/*'] },
  });

  it('learns the same of what is hidden and of what there is not', () => {
    expect(refusal(filter, 'tools/call', { name: 'delete_all' })).toEqual({
      code: -32_602,
      message: 'Tool delete_all not found',
    });
    expect(refusal(filter, 'resources/read', { uri: 'file:///nowhere' })).toEqual({
      code: -32_602,
      message: 'Resource file:///nowhere not found',
    });
  });

  it('does not get past it with another way to write a name', () => {
    const names = [
      'DELETE_all',
      'Delete_All',
      'delete\u200b_all',
      ' delete_all',
      'delete_all\u0000',
      'ｄｅｌｅｔｅ_all',
      'cafe\u0301',
      'CAFÉ',
    ];
    expect(callable(filter, ...names)).toEqual([]);
    expect(callable(filter, undefined, null, 7, ['delete_all'], { toString: 'delete_all' })).toEqual([]);
    expect(callable(filter, 'x'.repeat(2_049))).toEqual([]);
    expect(callable(filterOf({ tool: { deny: ['a café'] } }), 'a cafe\u0301', 'A CAFÉ')).toEqual([]);
    // An allow is taken at its word.
    const one = filterOf({ tool: { allow: ['read'] } });
    expect(callable(one, 'read', 'READ', ' read', 'ｒead')).toEqual(['read']);
  });

  it('does not get past it with another way to write a URI', () => {
    expect(
      readable(
        filter,
        'file:///public/../private/key',
        'file:///public/%2e%2e/private/key',
        'file:///public/%252e%252e/private/key',
        'file:///public/..%2fprivate%2fkey',
        'file:///public/.\t./etc/key',
        'file:///public/..\\etc\\key',
        'file:///public/../etc/key',
        'file:///public/％2e％2e/etc/key',
        'file:///public/%70rivate/key',
        'file:///public/PRIVATE/key',
        'file:///public/..',
        'FILE:///public/a',
        `file:///public/%${'25'.repeat(40)}70rivate/key`,
      ),
    ).toEqual([]);
    // Some servers end a name there.
    const text = filterOf({ resource: { allow: ['*.txt'] } });
    const ended = ['file:///key%00.txt', 'file:///key\u0000.txt', 'file:///key?.txt', 'a+FILE:/key#.txt'];
    expect(readable(text, ...ended)).toEqual([]);
    const whole = ['file:///key.txt', 'file:///what%3F.txt', 'https://a/?file=b.txt'];
    expect(readable(text, ...whole)).toEqual(whole);
    const plain = [
      'file:///public/a b',
      'file:///public/a%20b',
      'file:///public/..a/b..',
      'file:///public/%ff',
    ];
    expect(readable(filter, ...plain)).toEqual(plain);
  });

  it('does not get past a deny alone either', () => {
    const deny = filterOf({ resource: { deny: ['file:///private/*'] } });
    expect(
      readable(
        deny,
        'file:///a/../private/x',
        'file:///%70rivate/x',
        'fi\nle:///private/x',
        'file:/private/x',
        'file:////private/x',
        'file:///private//x',
        'file:///a/..//private/x',
        'file:///%2Fprivate/x',
      ),
    ).toEqual([]);
    const one = filterOf({ resource: { deny: ['file:///private/key', 'docs:private/*'] } });
    expect(
      readable(
        one,
        'file:///private/key?',
        'file:///private/key?a=b',
        'file:///private/key#a',
        'file:///private/key/',
        'file:////private/./key/?a#b',
        'docs:a/../private/x',
        'docs:./private/x',
      ),
    ).toEqual([]);
    const others = [
      'file:///private/keys',
      'file:///public?private/key',
      'docs:private',
      'https://me@A.b//c%20d/?e=%2F#f',
    ];
    expect(readable(one, ...others)).toEqual(others);
    const joined = filterOf({ resource: { deny: ['a+file:///private/*'] } });
    expect(readable(joined, 'a+file:///public/..\\private\\x', 'a+FILE:/private/x')).toEqual([]);
    expect(readable(joined, 'b+file:///private/x')).toEqual(['b+file:///private/x']);
    expect(readable(deny, `file:///%${'25'.repeat(40)}70rivate/x`)).toEqual([]);
    expect(readable(deny, 'file:///a/../public/x')).toEqual(['file:///a/../public/x']);
  });

  it('does not get past it with keys that only some servers read', () => {
    const sent = (text: string): unknown => filter.toServer(parseJsonRpc(JSON.parse(text))).message;
    const call = '"jsonrpc":"2.0","id":1';
    expect(
      sent(`{${call},"method":"ping","Method":"tools/call","params":{},"PARAMS":{"name":"delete_all"}}`),
    ).toEqual({ jsonrpc: '2.0', id: 1, method: 'ping', params: {} });
    expect(
      sent(
        `{${call},"method":"tools/call","params":{"name":"a","Name":"delete_all","arguments":{"Name":1}}}`,
      ),
    ).toEqual({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'a', arguments: { Name: 1 } } });
    // Of two keys that are the same the last one counts, here and for who reads what is sent on.
    expect(sent(`{${call},"method":"tools/call","params":{"name":"a","name":"delete_all"}}`)).toBeUndefined();
    expect(
      sent(`{${call},"method":"tools/call","params":{"__proto__":{"name":"a"},"name":"delete_all"}}`),
    ).toBeUndefined();
    expect(sent(`{${call},"method":"tools/call","params":{"__proto__":{"name":"a"}}}`)).toBeUndefined();
    expect(sent(`{${call},"method":"tools/call"}`)).toBeUndefined();
  });

  it('gets nothing done by a notification, and no answer', () => {
    expect(filter.toServer(message('tools/call', { name: 'delete_all' }))).toEqual({});
  });

  it('sees no hidden name in the answer to a request whose id it has used before', () => {
    // A list, cancelled, and a ping with the same id: the list's answer comes late.
    filter.toServer(message('tools/list', {}, 1));
    filter.toServer(message('notifications/cancelled', { requestId: 1 }));
    filter.toServer(message('ping', undefined, 1));
    expect(shown(filter, { tools: [{ name: 'delete_all' }, { name: 'a' }, 'delete_all', {}] })).toEqual({
      tools: [{ name: 'a' }],
    });
  });
});
