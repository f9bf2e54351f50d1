import { describe, expect, it } from 'vitest';

import { commonSchemaTags, readCommonSchemas, schemaHash } from './schema-hash.ts';

const tool = {
  name: 'search',
  inputSchema: {
    type: 'object',
    properties: { query: { type: 'string' }, limit: { $ref: '#/$defs/limit' } },
    required: ['query'],
    $defs: { limit: { type: 'integer', minimum: 1 } },
  },
};

describe('the hash of a common schema', () => {
  it('is the same whatever the order of members, and whatever is said to people', () => {
    const told = {
      description: 'Searches',
      title: 'Search',
      _meta: {},
      inputSchema: {
        $schema: undefined,
        'x-vendor': { a: 1 },
        required: ['query'],
        $defs: { limit: { minimum: 1, examples: [1], type: 'integer', deprecated: true, readOnly: true } },
        properties: {
          limit: { description: 'how many', $ref: '#/$defs/limit' },
          query: { title: 'Query', default: 'x', type: 'string', writeOnly: false },
        },
        type: 'object',
      },
      name: 'search',
    };
    expect(schemaHash(told)).toBe(schemaHash(tool));
  });

  it.each([
    { ...tool, name: 'find' },
    { ...tool, outputSchema: { type: 'object' } },
    { ...tool, inputSchema: { ...tool.inputSchema, required: [] } },
    { ...tool, inputSchema: { ...tool.inputSchema, properties: {} } },
  ])('is another for what is called otherwise: %j', (other) => {
    expect(schemaHash(other)).not.toBe(schemaHash(tool));
  });

  it("leaves out a property that has prose's name, as ContextVM's does", () => {
    const { properties } = tool.inputSchema;
    const named = {
      ...tool.inputSchema,
      properties: { ...properties, title: { type: 'string' }, 'x-y': {} },
    };
    expect(schemaHash({ ...tool, inputSchema: named })).toBe(schemaHash(tool));
  });

  it.each(['https://example.invalid/schema', 'other.json#/a', ''])(
    'is none of a $ref to elsewhere: %j',
    ($ref) => {
      const elsewhere = { ...tool, inputSchema: { type: 'object', properties: { a: { $ref } } } };
      expect(() => schemaHash(elsewhere)).toThrow(expect.objectContaining({ code: 'bad_schema' }));
    },
  );
});

describe('the claim of a common schema', () => {
  it('is read as it was made', () => {
    const schemas = [
      { hash: 'a'.repeat(64), tool: 'search' },
      { hash: 'b'.repeat(64), tool: 'echo' },
    ];
    const tags = commonSchemaTags(schemas, ['web']);
    expect(tags).toEqual([
      ['i', 'a'.repeat(64), 'search'],
      ['i', 'b'.repeat(64), 'echo'],
      ['k', 'io.contextvm/common-schema'],
      ['t', 'web'],
    ]);
    expect(readCommonSchemas(tags)).toEqual({ schemas, categories: ['web'] });
    expect(commonSchemaTags([], ['web'])).toEqual([]);
  });
});
