// Owns: what the issuer publishes: where its endpoints are, and its keys.
import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';
import { BadAnswer, fetchJson, freshSeconds, type HttpOptions, remember } from './fetch-json.js';

/** A key that nobody knows makes the keys be looked at again, but not more often than this. */
const COOLDOWN_MS = 30_000;
/** While the issuer cannot be reached, what it last said holds so much longer. */
const STALE_MS = 300_000;

export interface Issuer {
  /** For jose: the key a token's header names. */
  key: JWTVerifyGetKey;
  introspectionEndpoint(): Promise<string>;
}

const isLoopback = ({ hostname }: URL) => /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname);

/** @throws TypeError unless `url` is https, or http on this machine */
export function assertSecure(url: string, what: string): void {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed?.protocol === 'https:' || (parsed?.protocol === 'http:' && isLoopback(parsed))) return;
  throw new TypeError(`${what} must be an https URL`);
}

export function createIssuer(issuer: string, http: HttpOptions): Issuer {
  const options = { now: http.now, staleMs: STALE_MS };

  const metadata = remember(async () => {
    const url = `${issuer}/.well-known/openid-configuration`;
    const { body, headers } = await fetchJson(url, {}, http);
    // Mix-up: whoever answers must be who was asked for (RFC 8414 section 3.3).
    if (body.issuer !== issuer) throw new BadAnswer('the metadata is of another issuer');
    return { value: body, freshMs: freshSeconds(headers) * 1_000 };
  }, options);

  async function endpoint(name: string): Promise<string> {
    const url = (await metadata.get())[name];
    if (typeof url !== 'string') throw new BadAnswer(`the metadata has no ${name}`);
    assertSecure(url, name);
    return url;
  }

  const keys = remember(async () => {
    const { body, headers } = await fetchJson(await endpoint('jwks_uri'), {}, http);
    const value = createLocalJWKSet(body as unknown as JSONWebKeySet);
    return { value, freshMs: freshSeconds(headers) * 1_000 };
  }, options);

  return {
    introspectionEndpoint: () => endpoint('introspection_endpoint'),
    async key(header, token) {
      try {
        return await (await keys.get())(header, token);
      } catch (error) {
        if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
        return (await keys.getAnew(COOLDOWN_MS))(header, token);
      }
    },
  };
}
