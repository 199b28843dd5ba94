// Owns: asking the issuer whether a token is still good (RFC 7662): its deny list, its grants, its users.
import { fetchJson, type HttpOptions } from './fetch-json.js';
import type { Issuer } from './issuer.js';

export interface IntrospectionOptions {
  /** The client that the resource server authenticates as (`resource-server create --client`). */
  clientId: string;
  clientSecret: string;
  /**
   * How long a good answer is used again, in seconds: a token that is revoked may be accepted so much longer.
   * Default 0: every token is asked about every time.
   */
  cacheSeconds?: number;
}

/** Of how many tokens answers are remembered. */
const MAX_REMEMBERED = 10_000;

const encoded = (text: string) => new URLSearchParams({ t: text }).toString().slice(2);

/** The claims of the answer; undefined for a token that is not active. */
export type Introspect = (token: string) => Promise<Record<string, unknown> | undefined>;

async function digestOf(token: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(token));
  return Buffer.from(digest).toString('base64url');
}

export function createIntrospection(
  { clientId, clientSecret, cacheSeconds = 0 }: IntrospectionOptions,
  issuer: Issuer,
  http: HttpOptions,
): Introspect {
  const authorization = `Basic ${btoa(`${encoded(clientId)}:${encoded(clientSecret)}`)}`;
  const remembered = new Map<string, { claims: Record<string, unknown>; until: number }>();

  async function ask(token: string): Promise<Record<string, unknown> | undefined> {
    const { body } = await fetchJson(
      await issuer.introspectionEndpoint(),
      {
        method: 'POST',
        headers: { authorization, accept: 'application/json' },
        body: new URLSearchParams({ token, token_type_hint: 'access_token' }),
      },
      http,
    );
    return body.active === true ? body : undefined;
  }

  return async (token) => {
    if (cacheSeconds <= 0) return ask(token);
    const key = await digestOf(token);
    const known = remembered.get(key);
    if (known && http.now() < known.until) return known.claims;
    remembered.delete(key);
    const askedAt = http.now();
    const claims = await ask(token);
    if (!claims) return undefined;
    // The oldest goes first.
    const [oldest] = remembered.keys();
    if (remembered.size >= MAX_REMEMBERED && oldest !== undefined) remembered.delete(oldest);
    remembered.set(key, { claims, until: askedAt + cacheSeconds * 1_000 });
    return claims;
  };
}
