// Owns: which client knows a user by which value: the library's settings of subjects, and the scope unionid.
import { type Client, errors, type KoaContextWithOIDC } from 'oidc-provider';
import { UNIONID } from '../clients/subjects.js';
import type { Feature } from '../config/features.js';
import type { Subjects } from '../users/subjects.js';
import { callStore } from './adapter/failure.js';

type Sectored = Client & { sectorIdentifier?: string; sector_is_checked?: unknown };

/**
 * The library names the subject by `pairwiseIdentifier` wherever it tells one: in ID, access and logout tokens, at
 * UserInfo and introspection, and where it compares one that an app names.
 * @see https://openid.net/specs/openid-connect-core-1_0.html#PairwiseAlg
 */
export function createSubjectSettings(features: ReadonlySet<Feature>, subjects: Pick<Subjects, 'pairwise'>) {
  return {
    subjectTypes: ['public' as const, ...(features.has('pairwise') ? ['pairwise' as const] : [])],
    pairwiseIdentifier: (_ctx: KoaContextWithOIDC, accountId: string, client: Client) => {
      const { sectorIdentifier } = client as Sectored;
      if (sectorIdentifier === undefined) throw new Error('a pairwise client without a sector');
      return callStore(() => subjects.pairwise(sectorIdentifier, accountId));
    },
    sectorIdentifierUriValidate: (client: Client) => (client as Sectored).sector_is_checked !== true,
  };
}

/** By what `client` knows the user; what is stored and audited is the id. */
export async function subjectOf(
  subjects: Pick<Subjects, 'pairwise'>,
  client: Client,
  userId: string,
): Promise<string> {
  const { sectorIdentifier } = client as Sectored;
  if (client.subjectType !== 'pairwise' || sectorIdentifier === undefined) return userId;
  return subjects.pairwise(sectorIdentifier, userId);
}

/** The claim for the client at hand; none where the feature is off, or for an app that is nobody's. */
export async function unionIdFor(
  client: Client | undefined,
  userId: string,
  { features, subjects }: { features: ReadonlySet<Feature>; subjects: Pick<Subjects, 'unionId'> },
): Promise<Record<string, string>> {
  const owner = client?.owner;
  if (!features.has('unionid') || typeof owner !== 'string') return {};
  return { [UNIONID]: await callStore(() => subjects.unionId(owner, userId)) };
}

/**
 * Drops the scope unionid where it is off, like a scope that is not known. Runs after the library's own checks.
 * @throws InvalidScope when it is asked for by an app that is nobody's
 */
export function judgeUnionId(
  { oidc }: KoaContextWithOIDC,
  client: Client,
  features: ReadonlySet<Feature>,
): void {
  const { params } = oidc;
  if (typeof params?.scope !== 'string') return;
  const scopes = params.scope.split(' ');
  if (!scopes.includes(UNIONID)) return;
  const isOn = features.has('unionid');
  if (isOn && typeof client.owner !== 'string')
    throw new errors.InvalidScope('requested scope is not allowed', UNIONID);
  if (!isOn) params.scope = scopes.filter((scope) => scope !== UNIONID).join(' ') || undefined;
}
