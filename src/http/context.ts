// Owns: what the middleware adds to a request for those after it.
import type { DefaultContext, ParameterizedContext } from 'koa';

export interface RequestState {
  requestId: string;
  ip: string;
  /** The raw form body of a POST, read and checked; undefined when there was none. */
  form?: string | undefined;
  /** Set by a route for the access log, where the path says too much or too little. */
  routeName?: string;
}

export type HttpContext = ParameterizedContext<RequestState, DefaultContext, unknown>;

export type Next = () => Promise<void>;

/** The request as the provider handle wants it described. */
export function arrivalOf({ state }: HttpContext) {
  return { ip: state.ip, requestId: state.requestId, body: state.form };
}
