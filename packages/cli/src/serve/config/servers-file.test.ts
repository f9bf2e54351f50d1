import { describe, expect, it } from 'vitest';

import { redact } from '../../log/redact.ts';
import { parseServersFile, type ServersFile } from './servers-file.ts';
import { expandVariables } from './variables.ts';

function parse(text: string, env: NodeJS.ProcessEnv = {}): ServersFile {
  return parseServersFile(text, { path: 'f.json', callerHeader: 'x-caller', env });
}

/** What is said of the one server in it. */
function problem(server: unknown, env: NodeJS.ProcessEnv = {}, name = 'a'): string | undefined {
  return parse(JSON.stringify({ mcpServers: { [name]: server } }), env).problems.get(name);
}

describe('what a file says of how a server is announced', () => {
  const announced = (announce: unknown): unknown => {
    const { servers, problems } = parse(
      JSON.stringify({ servers: { a: { url: 'https://h/mcp', announce } } }),
    );
    return servers.get('a')?.announce ?? problems.get('a');
  };

  it('is yes, no, or what is said there', () => {
    expect(announced(true)).toBe(true);
    expect(announced(false)).toBe(false);
    expect(announced({})).toEqual({});
    const all = {
      name: 'A',
      about: 'b',
      website: 'https://a',
      picture: 'https://a/p',
      relays: ['wss://b'],
      relayList: true,
      profile: { nip05: '_@a' },
    };
    expect(announced(all)).toEqual(all);
    expect(announced({ profile: true })).toEqual({ profile: true });
  });

  it.each([
    ['yes', '"announce" is true, false, or an object'],
    [{ nmae: 'A' }, '"announce" has no "nmae": there are name, about'],
    [{ name: 7 }, '"name" of "announce" is not a text'],
    [{ name: '' }, '"name" of "announce" is empty'],
    [{ name: 'x'.repeat(257) }, '"name" of "announce" has 257 characters, and 256 are the most'],
    [{ relays: 'wss://b' }, '"relays" of "announce" is a list'],
    [{ relays: ['b'] }, 'b'],
    [{ relayList: 'yes' }, '"relayList" of "announce" is true or false'],
    [{ profile: 'me' }, '"profile" of "announce" is true, false'],
  ])('%j is an error that says what to do', (announce, message) => {
    expect(announced(announce)).toMatch(/^f\.json:1: "a" is not served: /);
    expect(announced(announce)).toContain(message);
  });
});

describe('a file of servers', () => {
  it('is what Claude, Cursor and VS Code write', () => {
    const { servers, disabled, problems } = parse(
      `\uFEFF// mine
      { "other": 1, "mcpServers": {
        /* stdio */ "files": { "type": "stdio", "command": "npx", "args": ["-y", "x", 7], "env": { "PORT": 80, "T": "\${env:T}" },
          "cwd": "/srv", "autoApprove": [], },
        "shop": { "url": "https://h/mcp?a=1", "headers": { "Authorization": "Bearer \${KEY:-none-at-all}" } },
        "two": { "type": "streamable-http", "url": "http://h/mcp" },
        "three": { "transport": "sse", "url": "http://h/sse" },
        "four": { "url": "wss://h/mcp" },
        "five": { "type": "websocket", "url": "ws://h/mcp" },
        "off": { "disabled": true },
      }, }`,
      { T: 'value of t' },
    );
    expect(problems).toEqual(new Map());
    expect(disabled).toEqual(['off']);
    expect([...servers.keys()]).toEqual(['files', 'shop', 'two', 'three', 'four', 'five']);
    expect(servers.get('files')).toEqual({
      kind: 'command',
      command: 'npx',
      args: ['-y', 'x', '7'],
      env: { PORT: '80', T: 'value of t' },
      cwd: '/srv',
    });
    expect(servers.get('shop')).toEqual({
      kind: 'url',
      url: new URL('https://h/mcp?a=1'),
      type: 'http',
      headers: { authorization: 'Bearer none-at-all' },
      callerHeader: 'x-caller',
    });
    const types = ['two', 'three', 'four', 'five'].map((name) => servers.get(name));
    expect(types).toMatchObject([{ type: 'http' }, { type: 'sse' }, { type: 'ws' }, { type: 'ws' }]);
    expect(parse('{"servers": {"code": {"command": "x"}}}').servers.has('code')).toBe(true);
  });

  it.each([
    ['', 'f.json:1: it is no JSON (with comments): '],
    ['{\n"mcpServers": {\n"a": }\n}', 'f.json:3: it is no JSON (with comments): value expected'],
    ['{"mcpServer": {}}', 'f.json:1: there are no servers in it'],
    ['{\n"mcpServers": []}', 'f.json:2: there are no servers in it'],
    ['[]', 'f.json:1: there are no servers in it'],
  ])('that is of no use as a whole is refused with file and line: %j', (text, message) => {
    expect(() => parse(text)).toThrow(message);
  });

  it('has one that is wrong and others that are not', () => {
    const { servers, problems } = parse(
      '{"mcpServers": {\n"a": {},\n"b": {"command": "x"},\n"B": {"command": "y"}}}',
    );
    expect([...servers.keys()]).toEqual(['b']);
    expect([...problems.values()]).toEqual([
      'f.json:2: "a" is not served: it has neither "command", for a program, nor "url"',
      'f.json:4: "B" is not served: another server has the same name, upper and lower case aside',
    ]);
  });

  it.each([
    [5, 'it has to be an object'],
    [{ command: 'x', url: 'http://x' }, 'both "command" and "url"'],
    [{ command: '' }, '"command" is empty'],
    [{ command: ['x'] }, '"command" is not a text'],
    [{ command: 'x', args: 'y' }, '"args" is not a list'],
    [{ command: 'x', args: [{}] }, 'one of "args" is not a text'],
    [{ command: 'x', env: [] }, '"env" is not an object'],
    [{ command: 'x', env: { A: null } }, '"env" A is not a text'],
    [{ command: 'x', env: { A: '${B}' } }, '"env" A: the variable B is not set'],
    [{ command: 'x', args: ['${input:key}'] }, '${input:key} is not understood'],
    [{ url: 'ftp://x' }, 'neither an http(s) nor a ws(s) URL'],
    [{ url: 'https://u:p@x' }, 'the URL has a name or password in it'],
    [{ url: 'https://x', type: 'stdio' }, '"stdio" does not go with its "url"'],
    [{ url: 'https://x', type: 'ws' }, '"ws" does not go with its "url"'],
    [{ url: 'ws://x', type: 'sse' }, '"sse" does not go with its "url"'],
    [{ url: 'https://x', type: 'constructor' }, '"constructor" does not go'],
    [{ url: 'https://x', headers: { 'X-Caller': 'me' } }, 'it says who calls'],
    [{ url: 'https://x', headers: { a: 'b\nc' } }, 'other than visible ASCII'],
    [{ url: 'https://x', headers: { 'a b': 'c' } }, 'no name of an HTTP header'],
  ])('says what is wrong with a server: %j', (server, message) => {
    expect(problem(server)).toContain(message);
  });

  it.each(['../up', 'a/b', '.hidden', '', 'a\\b', 'x'.repeat(65), 'line\nfeed', '..'])(
    'refuses a name that is no name of a key file: %j',
    (name) => {
      expect(problem({ command: 'x' }, {}, name)).toContain('its key file is called so');
    },
  );

  it('has its secrets in no line of the log', () => {
    const env = { A_VALUE: 'value-of-the-env', MY_TOKEN: 'value-of-the-arg', HOME: '/home/somebody' };
    parse(
      JSON.stringify({
        mcpServers: {
          a: {
            command: 'x',
            args: ['${MY_TOKEN}', '${HOME}/files', '--api-key', 'an-argument', '--token=another-one'],
            env: {
              A: '${A_VALUE}',
              OPENAI_KEY: 'written-here',
              DATA: '${HOME}',
              KEY_FILE: '/run/secrets/key',
            },
          },
          b: { url: 'http://x', headers: { 'x-auth': 'written-there' } },
        },
      }),
      env,
    );
    for (const secret of ['value-of-the-env', 'value-of-the-arg', 'written-here', 'written-there'])
      expect(redact(`< ${secret} >`)).toBe('< [redacted] >');
    expect(redact('an-argument another-one')).toBe('[redacted] [redacted]');
    expect(redact('/home/somebody/run and /run/secrets/key')).toBe('/home/somebody/run and /run/secrets/key');
  });
});

it.each([
  ['${A}-${env:A}-$A', 'x-x-$A'],
  ['${NO:-d}${EMPTY:-e}${A:-f}${env:NO:-}', 'dex'],
  ['${NO:-a:-b}', 'a:-b'],
])('fills in variables: %s', (text, expanded) => {
  expect(expandVariables(text, { A: 'x', EMPTY: '' }).text).toBe(expanded);
});
