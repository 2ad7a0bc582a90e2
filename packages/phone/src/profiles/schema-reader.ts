/** The part of JSON Schema that the profile schema uses. */
export interface Schema {
  type?: 'object' | 'array' | 'string' | 'integer' | 'boolean';
  enum?: readonly unknown[];
  pattern?: string;
  minimum?: number;
  maximum?: number;
  minItems?: number;
  required?: readonly string[];
  additionalProperties?: boolean;
  properties?: Readonly<Record<string, Schema>>;
  items?: Schema;
  anyOf?: readonly Schema[];
  $ref?: string;
  $defs?: Readonly<Record<string, Schema>>;
}

/** What does not fit, each with its place: `partitions[3].size: "12 MB" is not a number (12 or "0xc")`. */
export class SchemaMismatch extends Error {
  override readonly name = 'SchemaMismatch';
}

/**
 * Checks a value against a schema and returns it with every number that was written as hexadecimal text turned into a
 * number; `$schema` is left out. One description of the format serves editors and this program alike.
 * @throws SchemaMismatch at the first place that does not fit
 */
export function readBySchema(value: unknown, schema: Schema): unknown {
  return read(value, schema, schema, '');
}

function read(value: unknown, schema: Schema, root: Schema, at: string): unknown {
  if (schema.$ref) return readNumber(value, resolve(schema.$ref, root), at);
  if (schema.enum) {
    if (!schema.enum.includes(value)) fail(at, `${show(value)} is not one of ${schema.enum.map(show).join(', ')}`);
    return value;
  }
  switch (schema.type) {
    case 'object':
      return readObject(value, schema, root, at);
    case 'array': {
      if (!Array.isArray(value)) fail(at, `${show(value)} is not a list`);
      const list = value as unknown[];
      if (list.length < (schema.minItems ?? 0)) fail(at, 'the list is empty');
      return list.map((item, i) => read(item, schema.items ?? {}, root, `${at}[${i}]`));
    }
    case 'string':
      if (typeof value !== 'string') fail(at, `${show(value)} is not a text`);
      if (schema.pattern && !new RegExp(schema.pattern).test(value as string)) {
        fail(at, `${show(value)} does not look like ${schema.pattern}`);
      }
      return value;
    case 'boolean':
      if (typeof value !== 'boolean') fail(at, `${show(value)} is not true or false`);
      return value;
    default:
      throw new Error(`the schema says nothing that this reader knows about ${at}`);
  }
}

function readObject(value: unknown, schema: Schema, root: Schema, at: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) fail(at, `${show(value)} is not an object`);
  const source = value as Record<string, unknown>;
  for (const name of schema.required ?? []) if (!(name in source)) fail(join(at, name), 'is missing');
  const result: Record<string, unknown> = {};
  for (const [name, item] of Object.entries(source)) {
    const property = schema.properties?.[name];
    if (!property) fail(join(at, name), `is not known; known here: ${Object.keys(schema.properties ?? {}).join(', ')}`);
    if (name !== '$schema') result[name] = read(item, property as Schema, root, join(at, name));
  }
  return result;
}

/** All shared definitions of the schema are numbers, written as such or as hexadecimal text. */
function readNumber(value: unknown, schema: Schema, at: string): number {
  const plain = schema.anyOf?.find(({ type }) => type === 'integer') ?? {};
  const number = typeof value === 'string' && /^0x[0-9a-fA-F]+$/.test(value) ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isSafeInteger(number)) {
    return fail(at, `${show(value)} is not a whole number (12 or "0xc")`);
  }
  if (number < (plain.minimum ?? 0) || number > (plain.maximum ?? Number.MAX_SAFE_INTEGER)) {
    return fail(at, `${show(value)} is not between ${plain.minimum} and ${plain.maximum}`);
  }
  return number;
}

function resolve(ref: string, root: Schema): Schema {
  const found = root.$defs?.[ref.replace('#/$defs/', '')];
  if (!found) throw new Error(`the schema has no ${ref}`);
  return found;
}

function join(at: string, name: string): string {
  return at ? `${at}.${name}` : name;
}

function show(value: unknown): string {
  return JSON.stringify(value) ?? String(value);
}

function fail(at: string, what: string): never {
  throw new SchemaMismatch(`${at || 'the profile'}: ${what}`);
}
