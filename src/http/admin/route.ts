// Owns: what a route of the Admin API is: its place, what it takes and gives, what it needs, and its work.
import { z } from 'zod';
import type { Author } from '../../audit/service.js';
import type { AdminScope } from '../../clients/resource-servers.js';
import { BadRequestError } from '../../lib/errors.js';
import type { Access } from '../../provider/access-tokens.js';
import { objectOf, parseBody, parseParams, parseQuery } from './input.js';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** What a route answers when all goes well. */
export interface Answer {
  description: string;
  /** Of the body; without one there is none. */
  schema?: z.ZodType;
  example?: unknown;
  /** The answer carries an ETag. */
  hasEtag?: boolean;
  /** The answer carries a Location. */
  hasLocation?: boolean;
}

export interface Reply {
  /** One of the route's answers; may be left out where there is only one. */
  status?: number;
  body?: unknown;
  /** Becomes the ETag. */
  version?: number | undefined;
  /** Path below the API's address. */
  location?: string;
  /** Cursor of the next page; becomes a Link. */
  next?: string | undefined;
}

/** Who asks. */
export interface Caller {
  author: Author;
  /** What their token allows: nothing where none is needed. */
  access: Pick<Access, 'scopes'>;
  /** The version an update was made from; undefined: whichever there is. */
  expectedVersion: number | undefined;
}

export interface Call<Params, Query, Body> extends Caller {
  params: Params;
  query: Query;
  body: Body;
}

/** A request's parts as they came. */
export interface RawCall {
  params: Record<string, string>;
  query: string;
  body: unknown;
}

/** What is told of a route, apart from its work. */
export interface RouteInfo {
  method: Method;
  /** Below the API's address, e.g. `/clients/{client_id}`. */
  path: string;
  /** Unique. */
  operationId: string;
  tag: string;
  summary: string;
  description?: string;
  /** What the token must allow; undefined: no token is needed. */
  scope: AdminScope | undefined;
  /** Updates what has an ETag: whether If-Match must be sent. */
  precondition?: 'required' | 'optional';
  /** Makes something: an Idempotency-Key keeps a repetition from making it twice. */
  isCreate?: boolean;
  /** The body may be left out. */
  isBodyOptional?: boolean;
  /** The service judges the body: only it knows what members mean together, and all problems are told at once. */
  isJudgedByService?: boolean;
  bodyExample?: unknown;
  answers: Readonly<Record<number, Answer>>;
  /** Statuses of errors beyond those that follow from the rest. */
  errors?: readonly number[];
}

/** A route with its schemas; the types of what they parse are its own affair. */
export interface AdminRoute extends RouteInfo {
  paramsSchema: z.ZodObject;
  querySchema: z.ZodObject;
  bodySchema: z.ZodType | undefined;
  /**
   * Judges what came; the function returned does the work.
   * @throws AdminError, BadRequestError, ValidationError
   */
  prepare(raw: RawCall): (caller: Caller) => Promise<Reply>;
}

const NOTHING = z.strictObject({});

type Shape = z.core.$ZodShape;

export interface RouteInit<P extends Shape, Q extends Shape, B> extends RouteInfo {
  params?: z.ZodObject<P>;
  query?: z.ZodObject<Q>;
  body?: z.ZodType<B>;
  run(call: Call<z.output<z.ZodObject<P>>, z.output<z.ZodObject<Q>>, B>): Promise<Reply>;
}

/** A route, typed for its work by its schemas. */
export function defineRoute<
  P extends Shape = Record<never, never>,
  Q extends Shape = Record<never, never>,
  B = undefined,
>(init: RouteInit<P, Q, B>): AdminRoute {
  const { params, query, body, run, ...info } = init;
  const paramsSchema = (params ?? NOTHING) as z.ZodObject<P>;
  const querySchema = (query ?? NOTHING) as z.ZodObject<Q>;
  return {
    ...info,
    paramsSchema,
    querySchema,
    bodySchema: body,
    prepare(raw) {
      if (!body && raw.body !== undefined) throw new BadRequestError('this request has no body');
      if (body && raw.body === undefined && !info.isBodyOptional) {
        throw new BadRequestError('a JSON body is needed');
      }
      const parsed = {
        params: parseParams(paramsSchema as z.ZodType<z.output<z.ZodObject<P>>>, raw.params),
        query: parseQuery(querySchema as z.ZodObject & z.ZodType<z.output<z.ZodObject<Q>>>, raw.query),
        body: !body
          ? (undefined as B)
          : info.isJudgedByService
            ? (objectOf(raw.body) as B)
            : parseBody(body, raw.body),
      };
      return (caller) => run({ ...parsed, ...caller });
    },
  };
}
