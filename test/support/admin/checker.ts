// Holds live answers of the Admin API against the description it serves.
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';

type Json = Record<string, unknown>;

interface Operation {
  operationId: string;
  responses: Record<string, Json>;
  requestBody?: unknown;
}

export interface Described {
  openapi: string;
  servers: { url: string }[];
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Json>; responses: Record<string, Json> };
}

export interface Seen {
  method: string;
  /** Below the API's address, without the query. */
  path: string;
  status: number;
  contentType: string;
  text: string;
}

/** Statuses that are about the address, not about an operation. */
const OF_NO_OPERATION = new Set([404, 405]);

export function createChecker(document: Described) {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  (formats as unknown as (ajv: Ajv2020) => void)(ajv);
  ajv.addSchema({ $id: 'api', ...document });
  const compiled = new Map<string, ValidateFunction>();

  function validate(pointer: string, text: string, what: string): void {
    let check = compiled.get(pointer);
    if (!check) {
      check = ajv.compile({ $ref: `api${pointer}` });
      compiled.set(pointer, check);
    }
    if (!check(JSON.parse(text))) throw new Error(`${what}: ${ajv.errorsText(check.errors)} in ${text}`);
  }

  function operationAt(path: string, method: string): Operation | undefined {
    const patterns = Object.keys(document.paths).sort((a, b) => a.split('{').length - b.split('{').length);
    const template = patterns.find((one) =>
      new RegExp(`^${one.replaceAll('.', '\\.').replace(/\{\w+\}/g, '[^/]+')}$`).test(path),
    );
    return template === undefined ? undefined : document.paths[template]?.[method.toLowerCase()];
  }

  function responseOf(operation: Operation, status: number): Json | undefined {
    const response = operation.responses[String(status)];
    const reference = response?.$ref as string | undefined;
    return reference === undefined
      ? response
      : document.components.responses[reference.split('/').at(-1) ?? ''];
  }

  /** @throws Error when the answer is not one the description promises */
  return ({ method, path, status, contentType, text }: Seen): void => {
    const what = `${method} ${path} → ${status}`;
    const operation = operationAt(path, method);
    const response = operation && responseOf(operation, status);
    if (!response) {
      if (!OF_NO_OPERATION.has(status)) throw new Error(`${what} is not described`);
      validate('#/components/schemas/Problem', text, what);
      return;
    }
    const content = (response.content ?? {}) as Record<string, { schema: { $ref: string } }>;
    const [type] = Object.keys(content);
    if (type === undefined) {
      if (text !== '') throw new Error(`${what} has a body: ${text}`);
      return;
    }
    if (contentType.split(';')[0] !== type) throw new Error(`${what} is ${contentType}, not ${type}`);
    validate(content[type]?.schema.$ref ?? '', text, what);
  };
}
