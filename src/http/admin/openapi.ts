// Owns: the description of the API (OpenAPI 3.1), made of the very schemas that judge requests and answers.
import type { z } from 'zod';
import { ADMIN_SCOPES, adminResource } from '../../clients/resource-servers.js';
import { ROUTES } from '../../provider/routes.js';
import { scopeText } from '../i18n/scopes.js';
import { createJsonSchemas, type JsonSchema, type JsonSchemas } from './json-schemas.js';
import { PROBLEM_TYPE } from './problem.js';
import type { AdminRoute, Answer } from './route.js';

const VERSION = '1.0.0';

const ABOUT = `Clients, users, sessions, consents, keys, resource servers, registration and the audit trail of this OpenID Provider.

A token is got from the token endpoint with \`resource\` set to this API's address: by a client that is registered for
the scopes (client_credentials), or for a user with the role admin (authorization code). Answers are JSON; errors are
problem+json (RFC 9457). Lists come in pages: \`next\` is the cursor of the page after, also given as a Link. What has
an ETag is changed under If-Match. POST requests that make something take an Idempotency-Key and are then safe to
repeat for a day.`;

const SECURITY = 'bearer';

const ERROR_NAMES: Readonly<Record<number, string>> = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  409: 'Conflict',
  412: 'PreconditionFailed',
  413: 'ContentTooLarge',
  415: 'UnsupportedMediaType',
  422: 'InvalidInput',
  428: 'PreconditionRequired',
  429: 'TooManyRequests',
  500: 'ServerError',
  503: 'Unavailable',
};

const ERROR_TEXTS: Readonly<Record<number, string>> = {
  400: 'The request is malformed; `problems` names parameters at fault.',
  401: 'The token is missing, unknown, expired, revoked, or for another resource.',
  403: 'The token lacks the scope, or its user the role admin.',
  404: 'There is no such thing.',
  409: 'It exists already, its state does not allow this, or the Idempotency-Key is in use.',
  412: 'It was changed since the version that If-Match names.',
  413: 'The body is larger than 64 KB.',
  415: 'The body is not JSON in UTF-8.',
  422: 'The body breaks rules, each named in `problems`; or the Idempotency-Key was used for another request.',
  428: 'If-Match is missing.',
  429: 'Too many requests at once that cost much; see Retry-After.',
  500: 'Something failed on our side.',
  503: 'A store cannot be reached; nothing was changed. See Retry-After.',
};

const header = (description: string) => ({ description, schema: { type: 'string' } });

const ERROR_HEADERS: Readonly<Record<number, JsonSchema>> = {
  401: { 'WWW-Authenticate': header('RFC 6750') },
  403: { 'WWW-Authenticate': header('RFC 6750; names the scope that is missing') },
  429: { 'Retry-After': header('Seconds') },
  503: { 'Retry-After': header('Seconds') },
};

/** The statuses of errors a route may answer. */
export function errorsOf(route: AdminRoute): number[] {
  const statuses = new Set([400, 500, 503, ...(route.errors ?? [])]);
  const add = (condition: boolean, ...more: number[]) => {
    if (condition) for (const status of more) statuses.add(status);
  };
  add(route.scope !== undefined, 401, 403);
  add(route.path.includes('{'), 404);
  add(route.bodySchema !== undefined, 413, 415, 422);
  add(route.isCreate === true, 409, 422);
  add(route.precondition !== undefined, 412);
  add(route.precondition === 'required', 428);
  return [...statuses].sort((a, b) => a - b);
}

function parametersOf(schema: z.ZodObject, place: 'path' | 'query', { input }: JsonSchemas) {
  const { properties = {}, required = [] } = input(schema) as {
    properties?: Record<string, JsonSchema>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, { description, ...rest }]) => ({
    name,
    in: place,
    required: place === 'path' || required.includes(name),
    ...(description !== undefined && { description }),
    schema: rest,
  }));
}

function headerParameters({ isCreate, precondition }: AdminRoute) {
  const parameters: JsonSchema[] = [];
  if (isCreate) {
    const description = 'A new random value, such as a UUID: the request can then be repeated without harm.';
    const schema = { type: 'string', minLength: 16, maxLength: 255 };
    parameters.push({ name: 'Idempotency-Key', in: 'header', required: false, description, schema });
  }
  if (precondition) {
    const description = 'The ETag of the version this change was made from, or * for any.';
    const required = precondition === 'required';
    parameters.push({ name: 'If-Match', in: 'header', required, description, schema: { type: 'string' } });
  }
  return parameters;
}

function responseOf({ description, schema, example, hasEtag, hasLocation }: Answer, schemas: JsonSchemas) {
  const headers = {
    ...(hasEtag && { ETag: header('The version, for If-Match.') }),
    ...(hasLocation && { Location: header('Where it is found.') }),
    ...(example !== undefined && isPage(example) && { Link: header('rel="next": the page after this one.') }),
  };
  const media = schema && { schema: schemas.output(schema), ...(example !== undefined && { example }) };
  return {
    description,
    ...(Object.keys(headers).length > 0 && { headers }),
    ...(media && { content: { 'application/json': media } }),
  };
}

function isPage(example: unknown): boolean {
  return typeof example === 'object' && example !== null && 'items' in example;
}

function operationOf(route: AdminRoute, schemas: JsonSchemas) {
  const { bodySchema, bodyExample, scope } = route;
  const answers = Object.entries(route.answers).map(([status, answer]) => [
    status,
    responseOf(answer, schemas),
  ]);
  const errors = errorsOf(route).map((status) => [
    String(status),
    { $ref: `#/components/responses/${ERROR_NAMES[status]}` },
  ]);
  const media = bodySchema && {
    schema: schemas.input(bodySchema),
    ...(bodyExample !== undefined && { example: bodyExample }),
  };
  const type = route.method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
  return {
    operationId: route.operationId,
    tags: [route.tag],
    summary: route.summary,
    ...(route.description !== undefined && { description: route.description }),
    security: scope === undefined ? [] : [{ [SECURITY]: [scope] }],
    parameters: [
      ...parametersOf(route.paramsSchema, 'path', schemas),
      ...parametersOf(route.querySchema, 'query', schemas),
      ...headerParameters(route),
    ],
    ...(media && { requestBody: { required: !route.isBodyOptional, content: { [type]: media } } }),
    responses: Object.fromEntries([...answers, ...errors]),
  };
}

function securityScheme(issuer: string) {
  const scopes = Object.fromEntries(ADMIN_SCOPES.map((scope) => [scope, scopeText('en', scope) ?? scope]));
  const tokenUrl = `${issuer}${ROUTES.token}`;
  return {
    type: 'oauth2',
    description: `Send \`resource=${adminResource(issuer)}\` with the token request, and the authorization request.`,
    flows: {
      clientCredentials: { tokenUrl, scopes },
      authorizationCode: { authorizationUrl: `${issuer}${ROUTES.authorization}`, tokenUrl, scopes },
    },
  };
}

/** The description of `routes`. @param named the schemas of answers, by name; `Problem` among them */
export function describeApi(
  issuer: string,
  routes: readonly AdminRoute[],
  named: Readonly<Record<string, z.ZodType>>,
): JsonSchema {
  const schemas = createJsonSchemas(named);
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of routes) {
    paths[route.path] = { ...paths[route.path], [route.method.toLowerCase()]: operationOf(route, schemas) };
  }
  const responses = Object.entries(ERROR_NAMES).map(([status, name]) => [
    name,
    {
      description: ERROR_TEXTS[Number(status)],
      ...(ERROR_HEADERS[Number(status)] && { headers: ERROR_HEADERS[Number(status)] }),
      content: { [PROBLEM_TYPE]: { schema: { $ref: '#/components/schemas/Problem' } } },
    },
  ]);
  return {
    openapi: '3.1.0',
    info: { title: 'Link²Ur OP: Admin API', version: VERSION, description: ABOUT },
    servers: [{ url: adminResource(issuer) }],
    tags: [...new Set(routes.map(({ tag }) => tag))].map((name) => ({ name })),
    paths,
    components: {
      securitySchemes: { [SECURITY]: securityScheme(issuer) },
      schemas: schemas.components,
      responses: Object.fromEntries(responses),
    },
  };
}
