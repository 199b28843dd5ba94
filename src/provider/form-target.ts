// Owns: what a redirect URI is called in a Content-Security-Policy.

/**
 * The `form-action` source for a redirect URI: its origin, or its scheme for native apps; none for no URI.
 * @see https://www.w3.org/TR/CSP3/#directive-form-action
 */
export function formTargetOf(uri: unknown): string[] {
  if (typeof uri !== 'string' || !URL.canParse(uri)) return [];
  const { protocol, origin } = new URL(uri);
  return [protocol === 'https:' || protocol === 'http:' ? origin : protocol];
}
