import { describe, expect, it } from 'vitest';

import { hostEntries, withEntry, withoutEntry } from './host-config.ts';

const json = { format: 'jsonc', container: 'mcpServers' } as const;
const toml = { format: 'toml', container: 'mcp_servers' } as const;
const entry = { command: '/bin/node', args: ['/m.js', 'connect', 'npub1x'] };

const inJson = (indent: string, step = '  '): string =>
  [`"srv": {`, `${step}"command": "/bin/node",`, `${step}"args": ["/m.js", "connect", "npub1x"]`, `}`].join(
    `\n${indent}`,
  );
const inToml = '[mcp_servers.srv]\ncommand = "/bin/node"\nargs = [ "/m.js", "connect", "npub1x" ]\n';

describe.each([
  [
    'a file with other things',
    '{\n  "theme": "dark"\n}\n',
    `{\n  "theme": "dark",\n  "mcpServers": {\n    ${inJson('    ')}\n  }\n}\n`,
  ],
  [
    'tabs, a trailing comma and comments',
    '{\n\t// first\n\t"mcpServers": {\n\t\t"a": {}, // of a\n\t\t/* last */\n\t},\n}\n',
    `{\n\t// first\n\t"mcpServers": {\n\t\t"a": {}, // of a\n\t\t${inJson('\t\t', '\t')},\n\t\t/* last */\n\t},\n}\n`,
  ],
  [
    'a comment behind the last server',
    '{\n  "mcpServers": {\n    "a": {} // of a\n  }\n}',
    `{\n  "mcpServers": {\n    "a": {}, // of a\n    ${inJson('    ')}\n  }\n}`,
  ],
  [
    'a list that has only a comment',
    '{\n  "mcpServers": {\n    // none yet\n  }\n}',
    `{\n  "mcpServers": {\n    // none yet\n    ${inJson('    ')}\n  }\n}`,
  ],
  [
    'everything on one line',
    '{"mcpServers":{"a":{}},"b":[1,2]}',
    '{"mcpServers":{"a":{},"srv":{"command":"/bin/node","args":["/m.js","connect","npub1x"]}},"b":[1,2]}',
  ],
  [
    'the list of servers in the middle',
    '{\n  "mcpServers": {\n    "a": {}\n  },\n  "z": 1\n}',
    `{\n  "mcpServers": {\n    "a": {},\n    ${inJson('    ')}\n  },\n  "z": 1\n}`,
  ],
])('JSON: %s', (_, before, after) => {
  it.each([
    ['as it is', (text: string) => text],
    ['with CRLF', (text: string) => text.replaceAll('\n', '\r\n')],
    ['with a byte order mark', (text: string) => `\uFEFF${text}`],
  ])('gets a server and loses it again without a trace, %s', (_form, form) => {
    const added = withEntry(json, form(before), 'srv', entry);
    expect(added).toBe(form(after));
    expect(withoutEntry(json, added, 'srv')).toBe(form(before));
  });
});

describe.each([
  ['an empty file', '', inToml],
  [
    'other tables and comments',
    'model = "x" # c\n\n[b]\nc = 1\n',
    `model = "x" # c\n\n[b]\nc = 1\n\n${inToml}`,
  ],
  [
    'another server',
    '[mcp_servers.a]\ncommand = "a"\n\n[mcp_servers.a.env]\nK = "v"\n',
    `[mcp_servers.a]\ncommand = "a"\n\n[mcp_servers.a.env]\nK = "v"\n\n${inToml}`,
  ],
])('TOML: %s', (_, before, after) => {
  it('gets a server and loses it again without a trace, also with CRLF', () => {
    expect(withEntry(toml, before, 'srv', entry)).toBe(after);
    expect(withoutEntry(toml, after, 'srv')).toBe(before);
    const crlf = (text: string): string => text.replaceAll('\n', '\r\n');
    if (before !== '') expect(withEntry(toml, crlf(before), 'srv', entry)).toBe(crlf(after));
    expect(withoutEntry(toml, crlf(after), 'srv')).toBe(crlf(before));
  });
});

it('starts a new file of either kind', () => {
  const started = withEntry(json, '{}', 'srv', entry);
  expect(started).toBe(`{\n  "mcpServers": {\n    ${inJson('    ')}\n  }\n}`);
  expect(withoutEntry(json, started, 'srv')).toBe('{}');
  expect(withEntry(json, '', 'srv', entry)).toBe(`{\n  "mcpServers": {\n    ${inJson('    ')}\n  }\n}\n`);
  expect(withEntry(json, '// mine\n', 'srv', entry)).toMatch(/^\/\/ mine\n\{\n/);
});

describe('a server that is there', () => {
  it('keeps in JSON what a person has added to it, and its comments', () => {
    const before =
      '{\n  "mcpServers": {\n    "srv": {\n      // pinned\n      "command": "old",\n      "args": [], // none\n      "env": { "A": "1" }\n    }\n  }\n}\n';
    expect(withEntry(json, before, 'srv', { type: 'stdio', ...entry })).toBe(
      before
        .replace('"old"', '"/bin/node"')
        .replace('[]', '["/m.js", "connect", "npub1x"]')
        .replace('"1" }', '"1" },\n      "type": "stdio"'),
    );
  });

  it('keeps in TOML what a person has added to it, and its comments', () => {
    const before =
      '# top\n[mcp_servers."srv"] # it\n# why\nargs = [\n  "a", # one\n]\ntool_timeout_sec = 90 # long\n\n[mcp_servers.srv.env]\nA = "1"\n\n# of b\n[b]\n';
    const after = withEntry(toml, before, 'srv', entry);
    expect(after).toBe(
      before
        .replace('# it\n', '# it\ncommand = "/bin/node"\n')
        .replace('[\n  "a", # one\n]', '[ "/m.js", "connect", "npub1x" ]'),
    );
    expect(withoutEntry(toml, after, 'srv')).toBe('# top\n\n# of b\n[b]\n');
  });

  it('is left alone when it is the same', () => {
    const text = '{"mcpServers": {"srv": {"args": ["/m.js","connect",  "npub1x"], "command": "/bin/node"}}}';
    expect(withEntry(json, text, 'srv', entry)).toBe(text);
    expect(withEntry(toml, inToml.replace('[ ', '['), 'srv', entry)).toBe(inToml.replace('[ ', '['));
  });

  it('goes from the middle without touching its neighbours', () => {
    const text = (middle: string): string =>
      `{\n  "mcpServers": {\n    "a": {}, // of a\n${middle}    "b": {}\n  }\n}`;
    expect(withoutEntry(json, text('    "srv": {"command": "x"},\n'), 'srv')).toBe(text(''));
    // A comment behind it is a person's.
    expect(withoutEntry(json, text('    "srv": {}, // why\n'), 'srv')).toBe(text('    // why\n'));
    const tables = (middle: string): string =>
      `[mcp_servers.a]\nx = 1\n\n${middle}# of b\n[mcp_servers.b]\ny = 1\n`;
    expect(withoutEntry(toml, tables(`${inToml}\n[mcp_servers.srv.env]\nA = "1"\n\n`), 'srv')).toBe(
      tables(''),
    );
  });
});

it.each([
  [json, '{\n  "a": 1\n  "b": 2\n}', 'line 3 is no JSON: comma expected'],
  [json, '{ "mcpServers": ', 'line 1 is no JSON'],
  [json, '[]', 'it holds no JSON object'],
  [json, '{\n  "mcpServers": []\n}', 'line 2: "mcpServers" is no object'],
  [json, '{\n  "mcpServers": {},\n  "mcpServers": {}\n}', 'line 3: "mcpServers" is there twice'],
  [json, '{"mcpServers": {\n"srv": {},\n"srv": {}}}', 'line 3: "srv" is there twice'],
  [toml, 'a = 1\nb = \n', 'line 2 is no TOML'],
  [toml, '[a]\n[a]\n', 'line 2 is no TOML'],
  [toml, 'mcp_servers.srv = { command = "x" }\n', '"srv" is there, and not as a table'],
  [toml, '[mcp_servers]\nsrv.command = "x"\n', '"srv" is there, and not as a table'],
  [toml, 'mcp_servers = { a = { command = "x" } }\n', 'cannot be changed in it'],
  [toml, `text = """\n${inToml}"""\n`, 'cannot be changed in it without changing something else'],
])('refuses what it cannot do without harm: %o %j', (host, text, message) => {
  expect(() => withEntry(host, text, 'srv', entry)).toThrow(message);
});

it('refuses to take out what is not a table of its own', () => {
  expect(() => withoutEntry(toml, '[mcp_servers]\nsrv = {}\n', 'srv')).toThrow('not as a table');
  expect(() => withoutEntry(toml, `${inToml}\n[x]\ntext = """\n${inToml}"""\n`, 'srv')).toThrow(
    'without changing something else',
  );
});

it('leaves a text alone that does not have the server', () => {
  expect(withoutEntry(json, '{ "mcpServers": {} }', 'srv')).toBe('{ "mcpServers": {} }');
  expect(withoutEntry(toml, '[a]\n', 'srv')).toBe('[a]\n');
  expect(hostEntries(toml, inToml)).toEqual({ srv: entry });
});
