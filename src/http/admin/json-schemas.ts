// Owns: the schemas that validate, as JSON Schema for the API's description.
import { z } from 'zod';

export type JsonSchema = Record<string, unknown>;

/** What only a schema document of its own needs, and what says twice what `format` says already. */
function tidy(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(tidy);
  if (typeof value !== 'object' || value === null) return value;
  const { $schema: _schema, $id: _id, ...rest } = value as JsonSchema;
  if (typeof rest.format === 'string') delete rest.pattern;
  if (rest.maximum === Number.MAX_SAFE_INTEGER) delete rest.maximum;
  if (rest.minimum === Number.MIN_SAFE_INTEGER) delete rest.minimum;
  return Object.fromEntries(Object.entries(rest).map(([name, member]) => [name, tidy(member)]));
}

export interface JsonSchemas {
  /** As it is sent to us. */
  input(schema: z.ZodType): JsonSchema;
  /** As we send it; the schemas with a name by reference. */
  output(schema: z.ZodType): JsonSchema;
  /** The schemas with a name. */
  components: Record<string, JsonSchema>;
}

/** @param named schemas of answers, by the name they get in the description */
export function createJsonSchemas(named: Readonly<Record<string, z.ZodType>>): JsonSchemas {
  const names = new Map(Object.entries(named).map(([name, schema]) => [schema, name]));
  const registry = z.registry<{ id: string }>();
  for (const [name, schema] of Object.entries(named)) registry.add(schema, { id: name });
  const uri = (id: string) => `#/components/schemas/${id}`;
  const { schemas } = z.toJSONSchema(registry, { uri, io: 'output' });

  return {
    input: (schema) => tidy(z.toJSONSchema(schema, { io: 'input' })) as JsonSchema,
    output(schema) {
      const name = names.get(schema);
      if (name !== undefined) return { $ref: uri(name) };
      throw new Error('a schema of an answer needs a name: the description refers to it');
    },
    components: tidy(schemas) as Record<string, JsonSchema>,
  };
}
