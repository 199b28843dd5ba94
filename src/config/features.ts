// Owns: which optional parts of the protocol are on. Does not: know what each does (provider/).
import { z } from 'zod';
import type { Variable } from './variable.js';

/** Name to meaning; each is refused, and not advertised, unless it is on. */
export const FEATURES = {
  par: 'pushed authorization requests (RFC 9126)',
  jar: 'signed request objects (RFC 9101)',
  jarm: 'signed authorization responses (JARM)',
  dpop: 'tokens bound to a key of the client (RFC 9449)',
  private_key_jwt: 'clients that authenticate by a signature of their own key (RFC 7523)',
  device_flow: 'devices without a browser or a keyboard (RFC 8628), for clients with that grant type',
  mtls: 'clients known by, and tokens bound to, a certificate that the proxy in front passes on (RFC 8705)',
  client_secret_jwt: 'clients that authenticate by a signature made with their secret (RFC 7523)',
  hs256: 'ID tokens signed HS256 with the secret of their client, for clients set to it',
  pairwise: 'clients that know a user by another sub than others do (OpenID Connect Core section 8)',
  unionid: 'the scope unionid: one value of a user for all apps of one owner',
  introspection_jwt: 'signed introspection answers (RFC 9701), for whoever asks for one',
  rar: 'authorization details: requests for more than scopes can say (RFC 9396)',
  implicit: 'clients may be allowed tokens from the authorization endpoint (implicit and hybrid flow)',
  query_token: 'UNSAFE: access tokens in the address of UserInfo and of the validation endpoint',
  validate_token: 'online validation of tokens, also from a browser',
  registration: 'clients that register themselves, with a token from an operator (RFC 7591, RFC 7592)',
  logout_by_url: 'a logout address may name client and return address as app_id and redirect_uri',
} as const;

export type Feature = keyof typeof FEATURES;

const DEFAULT: readonly Feature[] = ['par', 'dpop', 'private_key_jwt'];

const isFeature = (name: string): name is Feature => Object.hasOwn(FEATURES, name);

export const featureVariables = {
  OAUTH_FEATURES: {
    schema: z
      .string()
      .transform((value) =>
        value
          .split(',')
          .map((name) => name.trim())
          .filter((name) => name !== ''),
      )
      .superRefine((names, context) => {
        for (const name of names) {
          if (name === 'none' ? names.length > 1 : !isFeature(name))
            context.addIssue({
              code: 'custom',
              message: `'${name.slice(0, 40)}' is not one of ${Object.keys(FEATURES).join(', ')}, or none`,
            });
        }
      }),
    meaning:
      'Optional parts of the protocol that are on, comma separated (docs/relying-parties.md); none: none of them',
    fallback: DEFAULT.join(','),
  },
} as const satisfies Record<string, Variable>;

/** Those that are on. */
export function featuresOf(names: readonly string[] | undefined): ReadonlySet<Feature> {
  return new Set(names?.filter(isFeature) ?? DEFAULT);
}

const WARNINGS: Partial<Record<Feature, string>> = {
  query_token: 'access tokens in addresses end up in logs and histories of others',
  implicit:
    'clients may be allowed response types with token, whose access tokens travel in addresses; RFC 9700 advises against it',
};

/** What an operator should know of the choice. */
export function featureWarnings(features: ReadonlySet<Feature>): string[] {
  return Object.entries(WARNINGS).flatMap(([name, text]) =>
    features.has(name as Feature) ? [`OAUTH_FEATURES has ${name}: ${text}`] : [],
  );
}
