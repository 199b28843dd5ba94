// Owns: what the members of a client's description that are about keys and proofs mean together.
import { isBySecret, SECRET_SIGNING_ALGS } from './authentication.js';
import { MUTUAL_TLS_RULES } from './mutual-tls.js';
import { fapiClients } from './profile.js';
import type { Rule } from './rule.js';
import { secretsAsKeys } from './sealed-secrets.js';

/** @see https://www.rfc-editor.org/rfc/rfc7523#section-3 */
const ownKeys: Rule = (client, report) => {
  const { token_endpoint_auth_method: method, jwks, jwks_uri } = client;
  if (jwks !== undefined && jwks_uri !== undefined) report(['jwks_uri'], 'cannot stand beside jwks');
  if (jwks !== undefined || jwks_uri !== undefined) return;
  if (method === 'private_key_jwt') report(['jwks'], 'or jwks_uri is needed for private_key_jwt');
  else if (client.require_signed_request_object === true || client.request_object_signing_alg !== undefined)
    report(['jwks'], 'or jwks_uri is needed for signed requests');
};

const signedAssertions: Rule = (client, report) => {
  const { token_endpoint_auth_method: method, token_endpoint_auth_signing_alg: alg } = client;
  if (alg === undefined) return;
  const isSymmetric = (SECRET_SIGNING_ALGS as readonly unknown[]).includes(alg);
  if (isSymmetric && method !== 'client_secret_jwt')
    report(
      ['token_endpoint_auth_signing_alg'],
      `${alg} is for clients that authenticate by client_secret_jwt`,
    );
  if (!isSymmetric && method !== 'private_key_jwt')
    report(['token_endpoint_auth_signing_alg'], 'is for clients that authenticate by private_key_jwt');
};

const noSecretBesideKeys: Rule = ({ token_endpoint_auth_method: method, client_secret }, report) => {
  if (client_secret === undefined || method === undefined || method === 'none' || isBySecret(method)) return;
  report(['client_secret'], `a client that authenticates by ${String(method).slice(0, 40)} has no secret`);
};

export const SECURITY_RULES: readonly Rule[] = [
  ownKeys,
  signedAssertions,
  noSecretBesideKeys,
  secretsAsKeys,
  ...MUTUAL_TLS_RULES,
  fapiClients,
];
