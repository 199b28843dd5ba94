// Owns: login tickets, by which the site tells the provider who has logged in (strategy "ticket").
import { randomUUID } from 'node:crypto';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';
import type { Clock } from '../../src/lib/clock.js';
import { authenticationOf } from './authentication.js';
import type { SiteSession } from './sessions.js';

/** Signed with a key pair made at start, or with a secret that the provider has as well. */
export type TicketOptions = { alg: 'ES256' | 'RS256' } | { alg: 'HS256'; secret: string };

export interface Tickets {
  /** The public keys, if there are any. */
  jwks: { keys: JWK[] };
  /** `returnTo` with a ticket for this very interaction; unchanged when it belongs to none. */
  addTo(returnTo: URL, session: SiteSession): Promise<URL>;
}

const LIFETIME_SECONDS = 60;

async function signingKey(options: TicketOptions) {
  if (options.alg === 'HS256') {
    return { key: new TextEncoder().encode(options.secret), header: { alg: options.alg }, keys: [] };
  }
  const { alg } = options;
  const { publicKey, privateKey } = await generateKeyPair(alg);
  const jwk = await exportJWK(publicKey);
  // The name changes with the key, so the provider knows when to fetch the keys again.
  const kid = await calculateJwkThumbprint(jwk);
  return { key: privateKey, header: { alg, kid }, keys: [{ ...jwk, kid, alg, use: 'sig' }] };
}

export async function createTickets(options: {
  signWith: TicketOptions;
  siteOrigin: string;
  issuer: string;
  clock: Clock;
  /** For tests: say nothing about when the user logged in. */
  omitAuthTime(): boolean;
}): Promise<Tickets> {
  const { key, header, keys } = await signingKey(options.signWith);
  return {
    jwks: { keys },
    async addTo(returnTo, session) {
      const { userId, authTime } = session;
      const interaction = /^\/interaction\/([^/]+)\/return$/.exec(returnTo.pathname)?.[1];
      if (interaction === undefined) return returnTo;
      const issuedAt = Math.floor(options.clock.now().getTime() / 1000);
      // Good for one interaction, for a minute, and (by its jti) for one use.
      const ticket = await new SignJWT({
        interaction,
        ...authenticationOf(session),
        ...(options.omitAuthTime() ? {} : { auth_time: authTime }),
      })
        .setProtectedHeader(header)
        .setIssuer(options.siteOrigin)
        .setAudience(options.issuer)
        .setSubject(userId)
        .setJti(randomUUID())
        .setIssuedAt(issuedAt)
        .setExpirationTime(issuedAt + LIFETIME_SECONDS)
        .sign(key);
      const target = new URL(returnTo);
      target.searchParams.set('login_ticket', ticket);
      return target;
    },
  };
}
