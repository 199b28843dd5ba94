// Owns: where the browser may be sent when the site is done with it: to the provider, nowhere else.

/**
 * The address in `values`, if there is exactly one and it is on `providerOrigin`; anything else is ignored.
 * Only the origin of a parsed URL counts: `//evil`, `/\evil` and `https://provider@evil` look right as text.
 */
export function safeReturnTo(values: string[], providerOrigin: string): URL | undefined {
  const [value = '', ...others] = values;
  // No base is given, so whatever is relative does not parse.
  if (others.length > 0 || !URL.canParse(value)) return undefined;
  const url = new URL(value);
  const hasCredentials = url.username !== '' || url.password !== '';
  return url.origin === providerOrigin && !hasCredentials ? url : undefined;
}
