// Owns: what the members of a client's description mean together. A new rule is a function and a line in RULES.
// Does not: check single members (input.ts).
import type { z } from 'zod';
import { redirectUriProblems } from './redirect-uris.js';
import { RESPONSE_TYPE_RULES } from './response-types.js';
import { type Described, includes, type Report, type Rule, textItems } from './rule.js';
import { SECURITY_RULES } from './security-rules.js';
import { SUBJECT_RULES } from './subjects.js';

const redirectUris: Rule = (client, report) => {
  const type = client.application_type === 'native' ? 'native' : 'web';
  for (const field of ['redirect_uris', 'post_logout_redirect_uris']) {
    const seen = new Set<string>();
    for (const [index, uri] of textItems(client[field])) {
      const problems = seen.has(uri) ? ['is listed twice'] : redirectUriProblems(uri, type);
      seen.add(uri);
      for (const message of problems) report([field, index], message);
    }
  }
};

const typesNeedAddress: Rule = ({ grant_types, redirect_uris }, report) => {
  if (textItems(redirect_uris).length > 0) return;
  const type = ['authorization_code', 'implicit'].find((name) => includes(grant_types, name));
  if (type !== undefined) report(['redirect_uris'], `is needed for the grant type ${type}`);
};

const publicClients: Rule = ({ token_endpoint_auth_method, grant_types, client_secret }, report) => {
  if (token_endpoint_auth_method !== 'none') return;
  if (includes(grant_types, 'client_credentials'))
    report(['grant_types'], 'client_credentials is for clients that have a secret');
  if (client_secret !== undefined) report(['client_secret'], 'a public client has no secret');
};

const RULES: readonly Rule[] = [
  redirectUris,
  typesNeedAddress,
  publicClients,
  ...RESPONSE_TYPE_RULES,
  ...SECURITY_RULES,
  ...SUBJECT_RULES,
];

/** Judges what members mean together, for Zod's superRefine. */
export function checkRules(client: Described, context: z.core.$RefinementCtx): void {
  const report: Report = (path, message) => context.addIssue({ code: 'custom', path, message });
  for (const rule of RULES) rule(client, report);
}
