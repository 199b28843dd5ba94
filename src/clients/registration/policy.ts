// Owns: what a policy makes of the client that an app asks for. Pure. Does not: judge what is right for every client.
import { isLoopbackHost } from '../../config/loopback.js';
import type { RegistrationPolicy } from '../../config/registration.js';
import { type FieldProblem, ValidationError } from '../../lib/errors.js';
import type { ClientDescription } from '../description.js';
import { defaultResponseTypes, inOrder } from '../response-types.js';
import { textItems } from '../rule.js';

/** What RFC 7591 section 2 and OpenID Connect Registration section 2 take for granted; other than for operators. */
const DEFAULTS = {
  grant_types: ['authorization_code'],
  application_type: 'web',
  token_endpoint_auth_method: 'client_secret_basic',
};

/** Where users, or logout tokens, are sent to. */
const LISTS = ['redirect_uris', 'post_logout_redirect_uris'];
const SINGLE = ['initiate_login_uri', 'backchannel_logout_uri'];

/** A name in a domain: no address, nothing that could be this machine or the network around it. */
const isPublicName = (host: string) => /\.[a-z][a-z\d-]*$/.test(host) && !isLoopbackHost(host);

function isHostAllowed(host: string, patterns: readonly string[]): boolean {
  return patterns.some((pattern) => {
    if (pattern === '*') return isPublicName(host);
    return pattern.startsWith('*.') ? host.endsWith(pattern.slice(1)) : host === pattern;
  });
}

/** Why users may not be sent to `uri`; whether it is a proper URI at all is asked elsewhere. */
function hostProblem(uri: string, isNative: boolean, { redirect_hosts }: RegistrationPolicy): string[] {
  if (!URL.canParse(uri)) return [];
  const { protocol, hostname } = new URL(uri);
  if (protocol !== 'https:' && protocol !== 'http:') return [];
  if (isNative && isLoopbackHost(hostname)) return [];
  return isHostAllowed(hostname, redirect_hosts) ? [] : ['is at a host that may not be registered'];
}

function hostProblems(client: ClientDescription, policy: RegistrationPolicy): FieldProblem[] {
  const isNative = client.application_type === 'native';
  const told = (field: string, uri: string) =>
    hostProblem(uri, isNative, policy).map((reason) => ({ field, reason }));
  return [
    ...LISTS.flatMap((field) =>
      textItems(client[field]).flatMap(([index, uri]) => told(`${field}[${index}]`, uri)),
    ),
    ...SINGLE.flatMap((field) => {
      const uri = client[field];
      return typeof uri === 'string' ? told(field, uri) : [];
    }),
  ];
}

/** A list without what the policy does not have; what is no text is for the rules to refuse. */
function cut(asked: unknown, allowed: readonly unknown[]): unknown {
  if (!Array.isArray(asked)) return asked;
  return asked.filter((item) => typeof item !== 'string' || allowed.includes(item));
}

/** Response types under the names that the rules know. */
const ordered = (types: unknown) => (Array.isArray(types) ? types.map(inOrder) : types);

function cutScope(asked: unknown, allowed: readonly string[]): unknown {
  if (asked === undefined) return allowed.join(' ');
  if (typeof asked !== 'string') return asked;
  return asked
    .split(' ')
    .filter((scope) => allowed.includes(scope))
    .join(' ');
}

/**
 * The client that an app gets that asks for `asked`: lists and scopes are cut down to what the policy has, as RFC 7591
 * section 2 allows; what cannot be cut down is refused.
 * @throws ValidationError
 */
export function underPolicy(asked: ClientDescription, policy: RegistrationPolicy): ClientDescription {
  const filled: ClientDescription = { ...DEFAULTS, ...asked };
  const responseTypes = policy.response_types.map(inOrder);
  const client: ClientDescription = {
    ...filled,
    scope: cutScope(filled.scope, policy.scopes),
    grant_types: cut(filled.grant_types, policy.grant_types),
    ...('response_types' in filled && {
      response_types: cut(ordered(filled.response_types), responseTypes),
    }),
  };
  const problems = hostProblems(client, policy);
  const refuse = (field: string, isRefused: boolean) => {
    if (isRefused) problems.push({ field, reason: 'may not be registered' });
  };
  const isGone = (field: string) =>
    Array.isArray(client[field]) && client[field].length === 0 && textItems(filled[field]).length > 0;
  refuse('scope', client.scope === '');
  refuse('grant_types', isGone('grant_types'));
  const byDefault = 'response_types' in filled ? [] : defaultResponseTypes(client.grant_types);
  const isDefaultRefused = byDefault.some((type) => !responseTypes.includes(type));
  refuse('response_types', isGone('response_types') || isDefaultRefused);
  const isOneOf = (value: unknown, allowed: readonly string[]) =>
    typeof value !== 'string' || allowed.includes(value);
  refuse('token_endpoint_auth_method', !isOneOf(client.token_endpoint_auth_method, policy.auth_methods));
  refuse('application_type', !isOneOf(client.application_type, policy.application_types));
  if (problems.length > 0) throw new ValidationError('this may not be registered', problems);
  return client;
}
