import { readFileSync } from 'node:fs';
import { Ajv, type ValidateFunction } from 'ajv';
import { parse } from 'yaml';

export interface Topology {
  name: string;
  topology: {
    nodes: Record<string, { exec: string[] }>;
    links?: { endpoints: [string, string]; mtu: number }[];
  };
}

const strings = { type: 'array', minItems: 1, items: { type: 'string' } };
const node = {
  type: 'object',
  properties: {
    kind: { enum: ['linux'] },
    image: { type: 'string' },
    'network-mode': { type: 'string', pattern: '^(host|container:\\S+|none)$' },
    cmd: { type: 'string' },
    exec: strings,
  },
  additionalProperties: false,
};

/** Of what a topology may say (containerlab.dev/manual/topo-def-file, …/manual/nodes) the part that is used here. */
const used = {
  type: 'object',
  properties: {
    name: { type: 'string', minLength: 1 },
    topology: {
      type: 'object',
      properties: {
        defaults: node,
        nodes: {
          type: 'object',
          minProperties: 1,
          patternProperties: { '^[a-zA-Z0-9][a-zA-Z0-9_.-]*$': node },
          additionalProperties: false,
        },
        links: {
          type: 'array',
          minItems: 1,
          items: {
            type: 'object',
            properties: {
              endpoints: {
                ...strings,
                minItems: 2,
                maxItems: 2,
                uniqueItems: true,
                items: { type: 'string', pattern: '^[^:\\s]+:[^:/\\s]{1,15}$' },
              },
              mtu: { type: 'integer', minimum: 68, maximum: 65535 },
            },
            required: ['endpoints'],
            additionalProperties: false,
          },
        },
      },
      required: ['nodes'],
      additionalProperties: false,
    },
  },
  required: ['name', 'topology'],
  additionalProperties: false,
};

// containerlab's own schema is BSD-3 licensed and not kept here: schemas/clab.schema.json of github.com/srl-labs/containerlab.
const published = process.env.CLAB_SCHEMA;

/** Every schema that a topology is held against, by what it is called. */
export const schemas = (): Record<string, ValidateFunction> => {
  const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false });
  const compiled = { 'the part of the format that is used': ajv.compile(used) };
  if (!published) return compiled;
  const { $schema, ...schema } = JSON.parse(readFileSync(published, 'utf8')) as { $schema?: string };
  return { ...compiled, [published]: ajv.compile(schema) };
};

/** Reads a topology as containerlab does: templates and variables are expanded before the YAML is read. */
export function read(yaml: string): Topology {
  if (/\{\{|\$/.test(yaml)) throw new Error('a template or a variable would be expanded in it');
  // Its YAML package reads version 1.1, where `no` and `y` are truth values.
  return parse(yaml, { version: '1.1' }) as Topology;
}
