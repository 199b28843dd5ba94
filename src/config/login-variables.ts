// Owns: the variables of the hand-off to the Link²Ur site (docs/login-handoff.md). Does not: say which go together.
import { z } from 'zod';
import { ACR_PASSWORD, acrValuesSchema } from './acr-values.js';
import { url, type Variable } from './variable.js';

const web = () => url(['https:', 'http:']);

/** Long enough that nobody guesses it. */
const sharedSecret = z.string().min(32, 'must have 32 characters or more');

export const loginVariables = {
  LOGIN_STRATEGY: {
    schema: z.enum(['local', 'session', 'ticket']),
    meaning:
      'Who logs users in: local (our own form), session (the site, whose session cookie reaches us) or ticket (the site, which signs a ticket)',
    fallback: 'local',
  },
  LINK2UR_LOGIN_URL: {
    schema: web(),
    meaning: "The site's login page (session, ticket)",
    fallback: 'none',
  },
  LINK2UR_SESSION_URL: {
    schema: web(),
    meaning: "The site's endpoint that says whose session a cookie is (session)",
    fallback: 'none',
  },
  LINK2UR_SESSION_COOKIE: {
    schema: z.string().regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}$/, 'must be the name of a cookie'),
    meaning: "Name of the site's session cookie, the only one forwarded to that endpoint (session)",
    fallback: 'none',
  },
  LINK2UR_TICKET_ALG: {
    schema: z.enum(['ES256', 'RS256', 'HS256']),
    meaning: 'The only algorithm a ticket may be signed with (ticket)',
    fallback: 'ES256',
  },
  LINK2UR_TICKET_ISSUER: {
    schema: z.string().min(1).max(300),
    meaning: 'The `iss` of tickets (ticket)',
    fallback: 'the origin of LINK2UR_LOGIN_URL',
  },
  LINK2UR_JWKS_URL: {
    schema: web(),
    meaning: "The site's public keys, for tickets signed with ES256 or RS256 (ticket)",
    fallback: 'none',
  },
  LINK2UR_TICKET_SECRET: {
    schema: sharedSecret,
    meaning: 'The secret shared with the site, for tickets signed with HS256 (ticket); 32 characters or more',
    fallback: 'none',
    secret: true,
  },
  LINK2UR_ACR_VALUES: {
    schema: acrValuesSchema,
    meaning:
      'Authentication context classes the site can vouch for, separated by spaces, the weakest first (session, ticket)',
    fallback: ACR_PASSWORD,
  },
  LINK2UR_LOGOUT_URL: {
    schema: web(),
    meaning: "The site's logout page, where a logout goes on to",
    fallback: 'none: logging out here leaves the user logged in at the site',
  },
  LINK2UR_EVENTS_TOKEN: {
    schema: sharedSecret,
    meaning:
      'What the site proves itself with when it tells of a logout, a changed password or a deleted account; 32 characters or more',
    fallback: 'none: the site cannot tell',
    secret: true,
  },
} as const satisfies Record<string, Variable>;
