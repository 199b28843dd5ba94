// Owns: checking access tokens of Link²Ur OP at a resource server (an API). Needs nothing but `jose` and `fetch`.
import { errors, type JWTPayload, jwtVerify } from 'jose';
import { VerificationError } from './errors.js';
import type { HttpOptions } from './fetch-json.js';
import { createIntrospection, type IntrospectionOptions } from './introspection.js';
import { assertSecure, createIssuer } from './issuer.js';

export { type VerificationCode, VerificationError } from './errors.js';
export type { IntrospectionOptions } from './introspection.js';

const ALGORITHMS = ['RS256', 'ES256', 'EdDSA'] as const;

export interface VerifierOptions {
  /** The provider, as in the tokens' `iss`: `https://auth.link2ur.com`. */
  issuer: string;
  /** The identifier this API is registered under: the tokens' `aud`. */
  audience: string;
  /** Those that tokens may be signed with; default RS256, ES256 and EdDSA. Anything else is refused, `none` and HMACs too. */
  algorithms?: readonly (typeof ALGORITHMS)[number][];
  /** By how many seconds clocks may disagree; default 5. */
  clockToleranceSeconds?: number;
  /**
   * Asks the provider whether the token was revoked. Without it a token that was taken back is accepted until it
   * expires; with it, opaque tokens are understood as well.
   */
  introspection?: IntrospectionOptions;
  /** A deny list of your own: whether the token is on it. Asked after everything else. */
  isRevoked?(token: VerifiedToken): Promise<boolean> | boolean;
  /** Default 5000. */
  timeoutMs?: number;
  fetch?: typeof fetch;
  now?(): Date;
}

/** A token that is good here and now. */
export interface VerifiedToken {
  /** Whom it was given for: a user, or the client itself. */
  subject: string;
  clientId: string;
  scopes: ReadonlySet<string>;
  /** `jti`; undefined for an opaque token. */
  tokenId: string | undefined;
  /** What all tokens of one login of an app have in common; undefined for a client of its own accord. */
  grantId: string | undefined;
  expiresAt: Date;
  claims: Readonly<Record<string, unknown>>;
  /** Whether it allows all of these. */
  has(...scopes: string[]): boolean;
}

export interface VerifyOptions {
  /** What the token must allow; all of it, if several. */
  scope?: string | readonly string[];
}

export interface Verifier {
  /**
   * The token of a request, checked: signature, algorithm, type, issuer, audience, times, scope, and, as configured,
   * whether it was revoked.
   * @throws VerificationError, whose `status` and `wwwAuthenticate` are the answer
   * @see https://www.rfc-editor.org/rfc/rfc9068#section-4
   */
  verify(token: string, options?: VerifyOptions): Promise<VerifiedToken>;
  /** As verify, for an Authorization header. */
  verifyHeader(authorization: string | undefined, options?: VerifyOptions): Promise<VerifiedToken>;
}

const MAX_LENGTH = 16_384;

const unavailable = (cause: unknown) =>
  new VerificationError('temporarily_unavailable', 'the issuer cannot be asked now', { cause });

const invalid = (message: string, cause?: unknown) =>
  new VerificationError('invalid_token', message, cause === undefined ? {} : { cause });

const text = (value: unknown) => (typeof value === 'string' ? value : undefined);

function toVerified(claims: Record<string, unknown>): VerifiedToken {
  const scopes = new Set((text(claims.scope) ?? '').split(' ').filter((scope) => scope !== ''));
  const clientId = text(claims.client_id);
  if (clientId === undefined || typeof claims.exp !== 'number') throw invalid('the token lacks claims');
  return {
    subject: text(claims.sub) ?? clientId,
    clientId,
    scopes,
    tokenId: text(claims.jti),
    grantId: text(claims.grant_id),
    expiresAt: new Date(claims.exp * 1_000),
    claims,
    has: (...wanted) => wanted.every((scope) => scopes.has(scope)),
  };
}

/** What a failure of jose means. */
function refusal(error: unknown): VerificationError {
  if (error instanceof errors.JWTExpired)
    return new VerificationError('expired_token', 'the token has expired');
  if (error instanceof errors.JOSEError) return invalid('the token is not valid here', error);
  return unavailable(error);
}

/** @throws TypeError for options that cannot be meant */
export function createVerifier(options: VerifierOptions): Verifier {
  const { issuer, audience, clockToleranceSeconds = 5, isRevoked } = options;
  const algorithms = [...(options.algorithms ?? ALGORITHMS)];
  assertSecure(issuer, 'issuer');
  if (audience === '') throw new TypeError('audience must not be empty');
  const stray = algorithms.find((alg) => !ALGORITHMS.includes(alg));
  if (stray !== undefined || algorithms.length === 0) {
    throw new TypeError(`algorithms must be among ${ALGORITHMS.join(', ')}`);
  }
  const now = options.now ?? (() => new Date());
  const http: HttpOptions = {
    fetch: options.fetch ?? fetch,
    now: () => now().getTime(),
    timeoutMs: options.timeoutMs ?? 5_000,
  };
  const source = createIssuer(issuer, http);
  const introspect = options.introspection && createIntrospection(options.introspection, source, http);

  async function asked(token: string): Promise<Record<string, unknown> | undefined> {
    if (!introspect) return undefined;
    try {
      return await introspect(token);
    } catch (error) {
      // Nobody knows: not accepted, and not called bad.
      throw unavailable(error);
    }
  }

  async function ofJwt(token: string): Promise<VerifiedToken> {
    let payload: JWTPayload;
    try {
      ({ payload } = await jwtVerify(token, source.key, {
        issuer,
        audience,
        algorithms,
        typ: 'at+jwt',
        clockTolerance: clockToleranceSeconds,
        currentDate: now(),
        requiredClaims: ['exp', 'iat', 'sub', 'jti', 'client_id'],
      }));
    } catch (error) {
      throw refusal(error);
    }
    const verified = toVerified(payload);
    if (introspect && !(await asked(token))) {
      throw new VerificationError('revoked_token', 'the token was revoked');
    }
    return verified;
  }

  async function ofOpaque(token: string): Promise<VerifiedToken> {
    const claims = await asked(token);
    if (!claims) throw invalid('the token is not valid here');
    const { iss, aud, exp } = claims;
    const isForUs = iss === issuer && (Array.isArray(aud) ? aud.includes(audience) : aud === audience);
    if (!isForUs) throw invalid('the token is not valid here');
    // The answer may have been remembered.
    if (typeof exp !== 'number' || exp + clockToleranceSeconds <= http.now() / 1_000) {
      throw new VerificationError('expired_token', 'the token has expired');
    }
    return toVerified(claims);
  }

  async function verify(token: string, { scope = [] }: VerifyOptions = {}): Promise<VerifiedToken> {
    if (token === '' || token.length > MAX_LENGTH) throw invalid('the token is not valid here');
    const verified = await (token.split('.').length === 3 ? ofJwt(token) : ofOpaque(token));
    if (isRevoked && (await isRevoked(verified))) {
      throw new VerificationError('revoked_token', 'the token was revoked');
    }
    const wanted = typeof scope === 'string' ? scope.split(' ').filter((name) => name !== '') : scope;
    if (!verified.has(...wanted)) {
      throw new VerificationError('insufficient_scope', 'the token does not allow this', {
        scope: wanted.join(' '),
      });
    }
    return verified;
  }

  return {
    verify,
    async verifyHeader(authorization, verifyOptions) {
      const token = /^Bearer +([\w.~+/-]+=*)$/i.exec(authorization ?? '')?.[1];
      if (token === undefined) throw invalid('a bearer token is needed');
      return verify(token, verifyOptions);
    },
  };
}
