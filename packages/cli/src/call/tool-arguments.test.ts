import { expect, it } from 'vitest';

import { argumentList, toolArguments } from './tool-arguments.ts';

const schema = {
  type: 'object',
  properties: {
    text: { type: 'string' },
    count: { type: 'integer' },
    ratio: { type: 'number' },
    loud: { type: 'boolean' },
    maybe: { anyOf: [{ type: 'number' }, { type: 'null' }] },
    maybeText: { type: ['string', 'null'] },
    either: { type: ['number', 'string'] },
    city: { type: 'string', enum: ['Brno', 'Oslo'] },
    level: { enum: [1, 2, 'all'] },
    cityOrNull: { anyOf: [{ enum: ['Brno'] }, { type: 'null' }] },
    tags: { type: 'array', items: { type: 'string' } },
    sizes: { type: 'array', items: { type: 'integer' } },
    options: { type: 'object' },
    point: { $ref: '#/$defs/point' },
    fixed: { const: true },
    anything: {},
  },
  $defs: { point: { type: 'object', properties: {} } },
};

function parse(...words: string[]): Record<string, unknown> {
  return toolArguments(schema, { words, readFile: (path) => `contents of ${path}` });
}

it.each([
  ['text=012', { text: '012' }],
  ['text=true', { text: 'true' }],
  ['text=', { text: '' }],
  ['text=a=b', { text: 'a=b' }],
  ['text={"a":1}', { text: '{"a":1}' }],
  ['text=@notes.txt', { text: 'contents of notes.txt' }],
  ['text:="@home"', { text: '@home' }],
  ['count=012', { count: 12 }],
  ['count=-3', { count: -3 }],
  ['ratio=1e3', { ratio: 1_000 }],
  ['ratio=.5', { ratio: 0.5 }],
  ['loud=false', { loud: false }],
  ['maybe=null', { maybe: null }],
  ['maybe=4', { maybe: 4 }],
  ['maybeText=null', { maybeText: null }],
  ['maybeText=4', { maybeText: '4' }],
  ['either=4', { either: 4 }],
  ['either=4a', { either: '4a' }],
  ['city=Brno', { city: 'Brno' }],
  ['level=2', { level: 2 }],
  ['level=all', { level: 'all' }],
  ['cityOrNull=null', { cityOrNull: null }],
  ['tags=["a","b"]', { tags: ['a', 'b'] }],
  ['tags=a,b', { tags: ['a,b'] }],
  ['sizes=1', { sizes: [1] }],
  ['options={"a":1}', { options: { a: 1 } }],
  ['point={"x":1}', { point: { x: 1 } }],
  ['fixed=true', { fixed: true }],
  ['anything=12', { anything: '12' }],
  ['anything:=12', { anything: 12 }],
])('types %s by the schema', (word, expected) => {
  expect(parse(word)).toEqual(expected);
});

it('takes a list by repeating the key', () => {
  expect(parse('tags=a', 'tags=b', 'tags=["c"]')).toEqual({ tags: ['a', 'b', 'c'] });
});

it.each([
  ['count=1.5', 'count has to be integer'],
  ['count=9007199254740993', 'count has to be integer'],
  ['ratio=', 'ratio has to be number'],
  ['ratio=0x10', 'ratio has to be number'],
  ['loud=yes', 'loud has to be boolean'],
  ['city=Rome', 'city is one of "Brno", "Oslo"'],
  ['sizes=a', 'sizes has to be integer'],
  ['options=[1', 'options has to be object'],
  ['options={1', 'the value of options is not JSON'],
  ['tags:=[', 'the value of tags is not JSON'],
  ['unknown=1', 'the tool takes no argument unknown'],
  ['__proto__=1', 'the tool takes no argument __proto__'],
  ['loud', '"loud" is not of the form key=value'],
  ['=1', '"=1" is not of the form key=value'],
])('refuses %s', (word, message) => {
  expect(() => parse(word)).toThrow(message);
});

it('refuses one value given twice, and says what the tool takes', () => {
  expect(() => parse('text=a', 'text=b')).toThrow('text was given twice');
  try {
    parse('nothing');
  } catch (error) {
    expect(error).toMatchObject({ hint: expect.stringContaining('it takes text: string, count: integer') });
  }
});

it('wants what is required, from the words or the JSON', () => {
  const strict = { ...schema, required: ['text', 'count'] };
  const input = { words: ['text=b'], readFile: () => '' };
  expect(() => toolArguments(strict, input)).toThrow('the tool also needs count');
  expect(toolArguments(strict, { ...input, given: { text: 'a', count: 1, tags: ['x'] } })).toEqual({
    text: 'b',
    count: 1,
    tags: ['x'],
  });
});

it('takes more when the schema says so', () => {
  const open = { type: 'object', additionalProperties: { type: 'number' } };
  expect(toolArguments(open, { words: ['a=1'], readFile: () => '' })).toEqual({ a: 1 });
  const anything = { type: 'object', additionalProperties: true };
  expect(toolArguments(anything, { words: ['a=1'], readFile: () => '' })).toEqual({ a: '1' });
});

it('describes the arguments', () => {
  expect(argumentList({ ...schema, required: ['text'] })).toEqual([
    'text*: string',
    'count: integer',
    'ratio: number',
    'loud: boolean',
    'maybe: number|null',
    'maybeText: string|null',
    'either: number|string',
    'city: "Brno"|"Oslo"',
    'level: 1|2|"all"',
    'cityOrNull: "Brno"|null',
    'tags: string[]',
    'sizes: integer[]',
    'options: object',
    'point: object',
    'fixed: true',
    'anything: any',
  ]);
});

it('survives a schema that refers to itself', () => {
  const circular = {
    type: 'object',
    properties: { a: { $ref: '#/properties/a' }, b: { anyOf: [{ $ref: '#' }] } },
  };
  expect(toolArguments(circular, { words: ['a=1', 'b={}'], readFile: () => '' })).toEqual({ a: '1', b: {} });
});
