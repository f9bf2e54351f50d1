import { fromJsonSchema, type McpServer } from '@modelcontextprotocol/server';
import { z } from 'zod';

import { sentence } from '../contents.ts';

/** Keywords of JSON Schema 2020-12 that only come through if nothing on the way reads the schema as its own. */
const parcel = fromJsonSchema<{ name?: string }>({
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  type: 'object',
  $defs: { address: { $anchor: 'address', type: 'object', properties: { street: { type: 'string' } } } },
  properties: {
    name: { type: 'string' },
    address: { $ref: '#/$defs/address' },
    notice: { type: 'string', enum: ['phone', 'email'] },
    phone: { type: 'string' },
    email: { type: 'string' },
  },
  allOf: [{ anyOf: [{ required: ['phone'] }, { required: ['email'] }] }],
  if: { properties: { notice: { const: 'phone' } }, required: ['notice'] },
  // oxlint-disable-next-line unicorn/no-thenable -- a keyword of JSON Schema
  then: { required: ['phone'] },
  else: { required: ['email'] },
  additionalProperties: false,
});

/** Tools whose schema is the point. The suite runs these scenarios without counting them. */
export function registerSchemaTools(server: McpServer): void {
  server.registerTool(
    'json_schema_2020_12_tool',
    { description: 'takes what its schema says', inputSchema: parcel },
    ({ name }) => sentence(`For ${name}`),
  );
  server.registerTool(
    'test_header_argument',
    {
      description: 'has an argument that HTTP repeats in a header',
      inputSchema: z.object({ region: z.string().meta({ 'x-mcp-header': 'Region' }) }),
    },
    ({ region }) => sentence(`In ${region}`),
  );
}
