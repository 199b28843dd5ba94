// Owns: logging in with a ticket: a JWT the site signs for one interaction, good for a minute and one use.
import { createRemoteJWKSet, errors, type JWTPayload, jwtVerify } from 'jose';
import { z } from 'zod';
import type { TicketKey } from '../config/login.js';
import { type Clock, fromEpochSeconds } from '../lib/clock.js';
import { SiteUnavailableError } from '../lib/errors.js';
import { hashOf } from '../lib/ids.js';
import type { ArtifactStore } from '../store/ports/index.js';
import { CLOCK_SKEW_SECONDS, type SiteLogin } from './site.js';
import type { LoginStep, LoginStrategy } from './strategy.js';

const KIND = 'LoginTicket';
const MAX_LIFETIME_SECONDS = 60;
const MAX_TICKET_LENGTH = 4_096;
const JWKS_TIMEOUT_MS = 1_500;
const JWKS_COOLDOWN_MS = 10_000;

const claimsSchema = z.object({
  sub: z.string().min(1).max(64),
  jti: z.string().min(1).max(200),
  iat: z.int(),
  exp: z.int(),
  interaction: z.string(),
  auth_time: z.int().positive().optional(),
  amr: z.array(z.string().min(1).max(64)).max(20).optional(),
  acr: z.string().min(1).max(200).optional(),
});

type Claims = z.infer<typeof claimsSchema>;

interface Deps {
  site: SiteLogin;
  artifacts: Pick<ArtifactStore, 'claim'>;
  clock: Clock;
  /** Our issuer identifier: the audience of a ticket. */
  audience: string;
  issuer: string;
  key: TicketKey;
}

/** The site's keys cannot be had; everything else that goes wrong is the ticket's fault. */
function isSitesFault(error: unknown): boolean {
  if (!(error instanceof errors.JOSEError)) return true;
  return (
    error instanceof errors.JWKSTimeout ||
    error instanceof errors.JWKSInvalid ||
    error.code === 'ERR_JOSE_GENERIC'
  );
}

/** Why the claims are not to be believed; undefined when they are. */
function faultOf({ iat, exp, interaction, auth_time: authTime }: Claims, uid: string, now: number) {
  if (exp - iat > MAX_LIFETIME_SECONDS) return 'lives longer than 60 seconds';
  if (iat > now + CLOCK_SKEW_SECONDS) return 'was issued in the future';
  if (authTime !== undefined && authTime > iat + CLOCK_SKEW_SECONDS) return 'auth_time is later than iat';
  return interaction === uid ? undefined : 'was issued for another interaction';
}

export function createTicketStrategy({ site, artifacts, clock, audience, issuer, key }: Deps): LoginStrategy {
  const options = {
    algorithms: [key.alg],
    issuer,
    audience,
    clockTolerance: CLOCK_SKEW_SECONDS,
    requiredClaims: ['sub', 'jti', 'iat', 'exp', 'interaction'],
  };
  const keySet =
    key.alg === 'HS256'
      ? undefined
      : createRemoteJWKSet(new URL(key.jwksUrl), {
          timeoutDuration: JWKS_TIMEOUT_MS,
          cooldownDuration: JWKS_COOLDOWN_MS,
        });
  const secret = key.alg === 'HS256' ? new TextEncoder().encode(key.secret) : new Uint8Array();

  async function verify(ticket: string): Promise<JWTPayload> {
    const current = { ...options, currentDate: clock.now() };
    const { payload } = keySet
      ? await jwtVerify(ticket, keySet, current)
      : await jwtVerify(ticket, secret, current);
    return payload;
  }

  /** The claims of a ticket made for this interaction, or why it is none. */
  async function read(ticket: string, uid: string): Promise<Claims | LoginStep> {
    if (ticket.length > MAX_TICKET_LENGTH) return { kind: 'invalid', detail: 'ticket: too long' };
    try {
      const claims = claimsSchema.parse(await verify(ticket));
      const fault = faultOf(claims, uid, clock.now().getTime() / 1000);
      return fault === undefined ? claims : { kind: 'invalid', detail: `ticket: ${fault}` };
    } catch (error) {
      if (error instanceof z.ZodError) return { kind: 'invalid', detail: 'ticket: claims of the wrong type' };
      if (isSitesFault(error)) throw new SiteUnavailableError({ detail: "the site's keys", cause: error });
      return { kind: 'invalid', detail: `ticket: ${(error as Error).message}` };
    }
  }

  return {
    name: 'ticket',
    loginUrl: site.loginUrl,

    async start(request) {
      return site.away(request);
    },

    async return(request, { login_ticket: ticket }) {
      if (ticket === undefined || ticket === '') return site.waiting(request);
      const claims = await read(ticket, request.uid);
      if ('kind' in claims) return claims;
      const expiresAt = fromEpochSeconds(claims.exp + 2 * CLOCK_SKEW_SECONDS);
      const id = hashOf(`${issuer} ${claims.jti}`);
      if (!(await artifacts.claim(KIND, id, { now: clock.now(), expiresAt }))) {
        return { kind: 'invalid', detail: 'ticket: was used before' };
      }
      const identity = { id: claims.sub, authTime: claims.auth_time, amr: claims.amr ?? [], acr: claims.acr };
      return site.isRecent(request, identity) ? site.accept(request, identity) : site.notRecent(identity);
    },
  };
}
