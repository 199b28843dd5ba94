// Owns: the response types a client may be allowed, and what they ask of its other settings. Does not: answer any request.
import { z } from 'zod';
import { LOOPBACK_HOSTS } from './redirect-uris.js';
import { type Described, includes, type Report, type Rule, textItems } from './rule.js';

/**
 * With their words in this order; a request may have them in any.
 * @see https://openid.net/specs/oauth-v2-multiple-response-types-1_0.html
 */
export const RESPONSE_TYPES = [
  'code',
  'id_token',
  'id_token token',
  'code id_token',
  'code token',
  'code id_token token',
] as const;

/** A response type with its words in order: as they are sent it means nothing (RFC 6749 section 3.1.1). */
export const inOrder = (type: unknown) =>
  typeof type === 'string' ? type.split(' ').sort().join(' ') : type;

export const responseTypesSchema = z.array(z.preprocess(inOrder, z.enum(RESPONSE_TYPES)));

/** Whether tokens come with the answer of the authorization endpoint, through the browser. */
export const isFrontChannel = (type: string): boolean => type.includes('token');

/** Whether there is an access token among them. */
export const hasAccessToken = (type: string): boolean => type.split(' ').includes('token');

/** The response types of a client that names none. */
export function defaultResponseTypes(grantTypes: unknown): string[] {
  return includes(grantTypes, 'authorization_code') ? ['code'] : [];
}

/** @see https://openid.net/specs/openid-connect-registration-1_0.html#ClientMetadata */
const NEEDED: [grantType: string, isNeededFor: (type: string) => boolean, kind: string][] = [
  ['authorization_code', (type) => type.split(' ').includes('code'), 'code'],
  ['implicit', isFrontChannel, 'id_token'],
];

function typesOf({ response_types, grant_types }: Described): string[] {
  return textItems(response_types ?? defaultResponseTypes(grant_types)).map(([, type]) => type);
}

const matchingGrantTypes: Rule = (client, report) => {
  const types = typesOf(client);
  for (const [grantType, isNeededFor, kind] of NEEDED) {
    const needing = types.find(isNeededFor);
    const isAllowed = includes(client.grant_types, grantType);
    if (needing !== undefined && !isAllowed)
      report(['grant_types'], `${grantType} is needed for the response type ${needing.slice(0, 40)}`);
    if (needing === undefined && isAllowed)
      report(['response_types'], `one with ${kind} is needed for the grant type ${grantType}`);
  }
};

const distinct: Rule = ({ response_types }, report) => {
  const seen = new Set<string>();
  for (const [index, type] of textItems(response_types)) {
    if (seen.has(type)) report(['response_types', index], 'is listed twice');
    seen.add(type);
  }
};

/** What is wrong with `uri` as the address of a page that finds tokens in its own address. */
function frontChannelProblem(uri: string): string | undefined {
  if (!URL.canParse(uri)) return undefined;
  const { protocol, hostname } = new URL(uri);
  if (protocol !== 'https:') return 'must be https for a client with the grant type implicit';
  const isLoopback = LOOPBACK_HOSTS.has(hostname) || hostname.endsWith('.localhost');
  return isLoopback
    ? 'must not be on the loopback interface for a client with the grant type implicit'
    : undefined;
}

/** For native apps too: tokens must not end up with whoever listens there. The library asks the same of web clients. */
const httpsOnly: Rule = (client, report) => {
  if (!includes(client.grant_types, 'implicit') && !typesOf(client).some(isFrontChannel)) return;
  const fields =
    client.application_type === 'native' ? ['redirect_uris'] : ['redirect_uris', 'post_logout_redirect_uris'];
  for (const field of fields) {
    for (const [index, uri] of textItems(client[field])) {
      const problem = frontChannelProblem(uri);
      if (problem !== undefined) report([field, index], problem);
    }
  }
};

/** An ID token beside it has at_hash, and the nonce: what else would tell a public client whose access token it got? */
const boundTokens: Rule = ({ token_endpoint_auth_method: method, response_types }, report: Report) => {
  if (method !== 'none') return;
  for (const [index, type] of textItems(response_types)) {
    if (hasAccessToken(type) && !type.includes('id_token'))
      report(['response_types', index], 'is not for a public client: use code id_token token');
  }
};

export const RESPONSE_TYPE_RULES: readonly Rule[] = [matchingGrantTypes, distinct, httpsOnly, boundTokens];

/** What an operator should know of a client's response types. */
export function responseTypeWarning(types: readonly string[]): string | undefined {
  const inAddress = types.filter(hasAccessToken);
  if (inAddress.length === 0) return undefined;
  return `access tokens come to it in addresses (${inAddress.join(', ')}): RFC 9700 advises against it; use code with PKCE`;
}
