// Owns: authentication context classes: which ones a request asks for, whether a login reaches them, and what the
// relying party is told. Does not: know how anybody logs in.
// @see https://openid.net/specs/openid-connect-core-1_0.html#acrSemantics

/** What a request asks for. */
export interface AcrRequest {
  /** Any one of these; what is preferred comes first. Empty: it does not ask. */
  values: string[];
  /** The request fails without one of them; otherwise it is a wish. */
  isEssential: boolean;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;

/** A member of the ID token as the claims parameter asks for it, if it says how. The library has checked the JSON. */
export function idTokenClaimAsked(claims: string | undefined, name: string): Record<string, unknown> {
  const parsed: unknown = claims === undefined ? undefined : JSON.parse(claims);
  const idToken = isObject(parsed) ? parsed.id_token : undefined;
  const asked = isObject(idToken) ? idToken[name] : undefined;
  return isObject(asked) ? asked : {};
}

/**
 * The classes that the parameters of an authorization request ask for. An essential claim counts more than
 * `acr_values`, which stands for a client's default_acr_values, too.
 * @see https://openid.net/specs/openid-connect-core-1_0.html#acrSemantics
 */
export function askedAcr(params: { acr_values?: unknown; claims?: unknown }): AcrRequest {
  const { claims, acr_values: wished } = params;
  const claim = idTokenClaimAsked(typeof claims === 'string' ? claims : undefined, 'acr');
  const listed = [claim.value, ...(Array.isArray(claim.values) ? claim.values : [])];
  const named = listed.filter((acr): acr is string => typeof acr === 'string' && acr !== '');
  if (claim.essential === true && named.length > 0) return { values: named, isEssential: true };
  const values = typeof wished === 'string' && wished !== '' ? wished.split(' ').filter(Boolean) : named;
  return { values, isEssential: false };
}

/** The classes somebody vouches for, the weakest first. */
export type AcrOrder = readonly string[];

/** Those of the classes asked for that can be had at all, in the order they were asked for. */
export function withinReach(order: AcrOrder, { values }: AcrRequest): string[] {
  return values.filter((acr) => order.includes(acr));
}

/** Those of the classes asked for that a login of class `reached` satisfies: itself, and every weaker one. */
function satisfied(order: AcrOrder, asked: AcrRequest, reached: string | undefined): string[] {
  const rank = reached === undefined ? -1 : order.indexOf(reached);
  return withinReach(order, asked).filter((acr) => order.indexOf(acr) <= rank);
}

/** Whether a login of class `reached` is what is asked for. */
export function isReached(order: AcrOrder, asked: AcrRequest, reached: string | undefined): boolean {
  return asked.values.length === 0 || satisfied(order, asked, reached).length > 0;
}

/**
 * The class to tell the relying party: the one that was reached. Where one of a list is essential, the answer must be
 * in that list: then it is the strongest of those that are satisfied.
 * @see https://openid.net/specs/openid-connect-core-1_0.html#acrSemantics
 */
export function answeredAcr(
  order: AcrOrder,
  asked: AcrRequest,
  reached: string | undefined,
): string | undefined {
  if (!asked.isEssential || reached === undefined || asked.values.includes(reached)) return reached;
  const [strongest] = satisfied(order, asked, reached).sort((a, b) => order.indexOf(b) - order.indexOf(a));
  return strongest ?? reached;
}
