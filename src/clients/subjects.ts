// Owns: under which subject a client knows its users, and whose apps it belongs to: what may be set, and when it may
// still be changed. Does not: make subjects (users/subjects.ts).
import { type FieldProblem, ValidationError } from '../lib/errors.js';
import type { ClientRecord } from '../store/ports/index.js';
import { DEVICE_CODE } from './grant-types.js';
import { type Described, includes, type Report, type Rule, textItems } from './rule.js';

/** @see https://openid.net/specs/openid-connect-core-1_0.html#SubjectIDTypes */
export const SUBJECT_TYPES = ['public', 'pairwise'] as const;

/** The scope of one value of a user for all apps of one owner, and the claim. */
export const UNIONID = 'unionid';

/** Whose app a client is, by any name that operators give them. */
export const OWNER = /^[\w.~-]{1,64}$/;

type Settings = Pick<ClientRecord, 'metadata' | 'redirect_uris'>;

export const isPairwise = ({ metadata }: Pick<ClientRecord, 'metadata'>): boolean =>
  metadata.subject_type === 'pairwise';

const DEVICE_METHODS = ['private_key_jwt', 'self_signed_tls_client_auth'];

/**
 * A device comes back to no address: its sector is that of the document alone, which has to list `jwks_uri` in the place
 * of redirect URIs, and it proves that it has a key from there. The library wants it so, as CIBA does.
 * @see https://openid.net/specs/openid-client-initiated-backchannel-authentication-core-1_0.html#rfc.section.4
 */
function pairwiseDevices(client: Described, report: Report): void {
  const { sector_identifier_uri: uri, jwks_uri, token_endpoint_auth_method: method } = client;
  const why = 'is needed for device codes with pairwise subjects';
  if (uri === undefined) report(['sector_identifier_uri'], why);
  if (jwks_uri === undefined) report(['jwks_uri'], `${why}: the sector document has to list it`);
  if (!DEVICE_METHODS.includes(String(method)))
    report(['token_endpoint_auth_method'], `one of ${DEVICE_METHODS.join(', ')} ${why}`);
}

/** Pairwise subjects differ by sector: the host that all of a client's redirect URIs have, or its document's. */
const pairwiseClients: Rule = (client, report) => {
  const { subject_type: type, sector_identifier_uri: uri, redirect_uris, application_type } = client;
  if (type !== 'pairwise') {
    if (uri !== undefined) report(['sector_identifier_uri'], 'is for clients with subject_type pairwise');
    return;
  }
  const isForDevices = includes(client.grant_types, DEVICE_CODE);
  if (isForDevices) pairwiseDevices(client, report);
  else if (textItems(redirect_uris).length === 0)
    report(['subject_type'], 'pairwise is for clients that log users in: it needs redirect_uris');
  if (uri !== undefined || isForDevices) return;
  const hosts = new Set(
    textItems(redirect_uris).flatMap(([, text]) => (URL.canParse(text) ? [new URL(text).host] : [])),
  );
  if (application_type === 'native')
    report(['sector_identifier_uri'], 'is needed for a native app with pairwise subjects');
  else if (hosts.size > 1)
    report(['sector_identifier_uri'], 'is needed when redirect URIs of a pairwise client have several hosts');
};

const unionIds: Rule = ({ scope, owner }, report) => {
  const isAsked = typeof scope === 'string' && includes(scope.split(' '), UNIONID);
  if (isAsked && owner === undefined) report(['owner'], `is needed for the scope ${UNIONID}`);
};

export const SUBJECT_RULES: readonly Rule[] = [pairwiseClients, unionIds];

/** What a client's subjects are made of besides the user: the same for two clients means the same subjects. */
export function sectorOf({ metadata, redirect_uris: [first] }: Settings): string | undefined {
  if (metadata.subject_type !== 'pairwise') return undefined;
  const { sector_identifier_uri: uri = first } = metadata;
  return typeof uri === 'string' && URL.canParse(uri) ? new URL(uri).host : undefined;
}

/** The host in the document's place and the addresses that it has to list are as they were when it was read. */
export function isSectorUnchanged(before: Settings | undefined, after: Settings): boolean {
  const listed = ['sector_identifier_uri', 'jwks_uri'];
  if (!before || listed.some((name) => before.metadata[name] !== after.metadata[name])) return false;
  return after.redirect_uris.every((uri) => before.redirect_uris.includes(uri));
}

/**
 * @throws ValidationError when a client that has users would know them under other subjects from now on: they would be
 * strangers to it
 */
export async function checkSubjectsStay(
  before: Settings | undefined,
  after: Settings,
  isInUse: () => Promise<boolean>,
): Promise<void> {
  if (!before) return;
  const problems: FieldProblem[] = [];
  const why = 'the client has users, whom it would not know again: register another client for that';
  if (sectorOf(before) !== sectorOf(after)) {
    const isByType = isPairwise(before) !== isPairwise(after);
    const field = isByType
      ? 'subject_type'
      : after.metadata.sector_identifier_uri === undefined
        ? 'redirect_uris'
        : 'sector_identifier_uri';
    problems.push({ field, reason: `would change the sub of every user; ${why}` });
  }
  const { owner } = before.metadata;
  if (owner !== undefined && owner !== after.metadata.owner)
    problems.push({ field: 'owner', reason: `would change the unionid of every user; ${why}` });
  if (problems.length > 0 && (await isInUse()))
    throw new ValidationError('the change is not possible', problems);
}
