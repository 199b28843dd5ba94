// Owns: Rich Authorization Requests (RFC 9396): who may ask for which details, and that a user has allowed them.
// Does not: know how details look or read (clients/authorization-details.ts).
import { isDeepStrictEqual } from 'node:util';
import {
  type AccessToken,
  type AuthorizationDetailsForIntrospection,
  type ClientCredentials,
  errors,
  interactionPolicy,
  type KoaContextWithOIDC,
  type RichAuthorizationRequestsActiveConfiguration,
} from 'oidc-provider';
import {
  type AuthorizationDetail,
  detailFault,
  MAX_DETAILS,
  MAX_DETAILS_LENGTH,
} from '../clients/authorization-details.js';
import type { ResourceServers } from '../clients/resource-servers.js';
import type { Feature } from '../config/features.js';
import { callStore } from './adapter/failure.js';

const { Check } = interactionPolicy;

/** The library's settings, with what introspection needs. */
type RichRequests = RichAuthorizationRequestsActiveConfiguration & {
  authorizationDetailsForIntrospection: AuthorizationDetailsForIntrospection;
};

type Params = Readonly<Record<string, unknown>>;

/** What a request asks for; the library has checked it. */
export function detailsAsked({ authorization_details: json }: Params): AuthorizationDetail[] {
  return typeof json === 'string' ? (JSON.parse(json) as AuthorizationDetail[]) : [];
}

const refuse = (reason: string) => new errors.InvalidAuthorizationDetails(reason);

/** @throws InvalidAuthorizationDetails when there is more than a person can judge */
function assertReadable({ authorization_details: json }: Params): void {
  const isLong = typeof json === 'string' && json.length > MAX_DETAILS_LENGTH;
  if (isLong || detailsAsked({ authorization_details: json }).length > MAX_DETAILS)
    throw refuse('there are too many authorization details');
}

function createCheck(resourceServers: Pick<ResourceServers, 'detailsTypes'>) {
  return async ({ oidc }: KoaContextWithOIDC, detail: { readonly type: string }): Promise<void> => {
    const params = (oidc.params ?? {}) as Params;
    if (params.grant_type === 'client_credentials') throw refuse('a user has to allow authorization details');
    assertReadable(params);
    const type = (await callStore(() => resourceServers.detailsTypes())).get(detail.type);
    if (!type) throw refuse('unsupported authorization details type value');
    if (![params.resource].flat().includes(type.identifier))
      throw refuse(`authorization details type '${type.type}' needs its resource to be named`);
    const fault = detailFault(detail, type);
    if (fault !== undefined) throw refuse(`authorization details type '${type.type}': ${fault}`);
  };
}

/**
 * What of the details that were allowed goes with a token: those at its resource, and of them, where the client names
 * some, only these.
 * @throws InvalidAuthorizationDetails when it names what was not allowed
 */
function createNarrowing(resourceServers: Pick<ResourceServers, 'detailsTypes'>) {
  return async (
    { oidc }: KoaContextWithOIDC,
    token: AccessToken | ClientCredentials,
    source: object | undefined,
  ): Promise<AuthorizationDetail[]> => {
    const { rar: allowed = [] } = (source ?? {}) as { rar?: AuthorizationDetail[] };
    const isNamed = oidc.params?.authorization_details !== undefined;
    const named = isNamed ? detailsAsked(oidc.params as Params) : allowed;
    const isAllowed = (one: AuthorizationDetail) => allowed.some((other) => isDeepStrictEqual(one, other));
    if (!named.every(isAllowed)) throw refuse('these authorization details were not granted');
    const resource = token.resourceServer?.identifier();
    const types = await callStore(() => resourceServers.detailsTypes());
    return named.filter(({ type }) => resource !== undefined && types.get(type)?.identifier === resource);
  };
}

/** The library's `richAuthorizationRequests`. @see https://www.rfc-editor.org/rfc/rfc9396 */
export function createRichRequests({
  config: { features },
  detailsTypes,
  resourceServers,
}: {
  config: { features: ReadonlySet<Feature> };
  detailsTypes: readonly string[];
  resourceServers: Pick<ResourceServers, 'detailsTypes'>;
}): RichRequests {
  const validate = createCheck(resourceServers);
  return {
    enabled: features.has('rar'),
    types: Object.fromEntries(detailsTypes.map((name) => [name, { validate }])),
    // The user was shown these very details a moment ago: they are asked for each time. Of a type that an operator has
    // changed since, they may not have been shown all.
    async authorizationDetailsForGrantSource(ctx) {
      const details = detailsAsked((ctx.oidc.params ?? {}) as Params);
      for (const detail of details) await validate(ctx, detail);
      return details;
    },
    authorizationDetailsForAccessToken: createNarrowing(resourceServers),
    // A token has the details of one resource only; whoever may ask about it may know them.
    authorizationDetailsForIntrospection: (_ctx, token) => token.rar,
  };
}

/**
 * Details are allowed each time, by the user at hand. The library takes any consent of this request for one; it may
 * have been that of a user who was switched for another since.
 */
export function askForDetails(consent: interactionPolicy.Prompt | undefined): void {
  consent?.checks.remove('rar_prompt');
  consent?.checks.add(
    new Check('details_asked', 'authorization_details were requested', 'consent_required', ({ oidc }) => {
      if (detailsAsked((oidc.params ?? {}) as Params).length === 0) return Check.NO_NEED_TO_PROMPT;
      const agreed = oidc.result?.consent?.grantId;
      const isOurs = agreed !== undefined && agreed === oidc.entities.Grant?.jti;
      return isOurs ? Check.NO_NEED_TO_PROMPT : Check.REQUEST_PROMPT;
    }),
  );
}
