// Owns: which addresses the library may call, and how far an answer is trusted. Does not: decide what it sends there.
import { isLoopbackHost } from '../config/loopback.js';

/** What the library hands to the global fetch: `dispatcher` drops connections to private addresses. */
type GuardedInit = RequestInit & { dispatcher?: unknown };

/** The global fetch, or in tests whatever stands for it. */
export type Fetch = (url: string | URL | Request, init?: RequestInit) => Promise<Response>;

/** The most that is read of a document at an address that a client has registered. */
export const MAX_DOCUMENT_BYTES = 65_536;

/** A document is looked at again after so many seconds, however long it says it keeps. */
const MAX_FRESH_SECONDS = 300;

/** The library believes a key set for as long as its headers say, and its client's keys may have been stolen since. */
function withShortLife({ status, headers, body }: Response): Response {
  const short = new Headers(headers);
  const [, maxAge] = /max-age=(\d+)/.exec(short.get('cache-control') ?? '') ?? [];
  short.delete('expires');
  short.set('cache-control', `max-age=${Math.min(Number(maxAge ?? 0), MAX_FRESH_SECONDS)}`);
  return new Response(body, { status, headers: short });
}

/**
 * The library's `fetch` setting: its guard against private addresses stays on, and without it nothing is called.
 * Only while the issuer itself is on this machine, where nobody else's addresses are registered, are other ports
 * of this machine called as well: a demo's or a test's relying parties live there. What was registered is what is
 * called: nothing is followed to another address.
 */
export function createOutgoingFetch({ isLoopback }: { isLoopback: boolean }): Fetch {
  async function guarded(url: string | URL | Request, init: GuardedInit): Promise<Response> {
    const { dispatcher, ...unguarded } = init;
    if (isLoopback && isLoopbackHost(new URL(url instanceof Request ? url.url : url).hostname)) {
      return fetch(url, unguarded);
    }
    if (!dispatcher) throw new Error('outgoing requests cannot be kept from private addresses');
    return fetch(url, init);
  }

  return async (url, init = {}) => {
    const response = await guarded(url, { ...init, redirect: 'manual' });
    return init.method === 'GET' ? withShortLife(response) : response;
  };
}
