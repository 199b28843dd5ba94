// Owns: which redirect URIs may be registered, and saying why one may not.

/** Hosts that are the machine itself, as a URL has them. */
export const LOOPBACK_HOSTS = new Set(['localhost', '127.0.0.1', '[::1]']);

/** Schemes that run code, read files or wrap another address. Native apps use reverse-domain schemes. */
const isPrivateUseScheme = (scheme: string) => /^[a-z][a-z0-9+-]*(\.[a-z0-9+-]+)+$/.test(scheme);

/** What is wrong with the scheme, or with what it says of the rest. */
function schemeProblem(uri: string, applicationType: 'web' | 'native'): string | undefined {
  const { protocol, hostname, href } = new URL(uri);
  const scheme = protocol.slice(0, -1);
  if (scheme === 'https') {
    if (!uri.startsWith('https://') || !hostname) return 'must name a host';
    return href === uri || href === `${uri}/` ? undefined : `must be in canonical form, such as ${href}`;
  }
  if (scheme === 'http') {
    return LOOPBACK_HOSTS.has(hostname) ? undefined : 'http is for loopback addresses only; use https';
  }
  if (applicationType !== 'native') return 'a web client needs https';
  return isPrivateUseScheme(scheme)
    ? undefined
    : 'a custom scheme must be a domain name in reverse, such as com.example.app:/callback';
}

/**
 * Every reason why `uri` may not be registered; none when it may.
 * @see https://www.rfc-editor.org/rfc/rfc8252#section-7
 * @see https://www.rfc-editor.org/rfc/rfc9700#section-4.1
 */
export function redirectUriProblems(uri: string, applicationType: 'web' | 'native'): string[] {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  if (/[\u0000-\u0020\u007f]/.test(uri)) return ['must not contain spaces or control characters'];
  if (/[^\u0021-\u007e]/.test(uri)) return ['must be ASCII (punycode for the host, %-encoding elsewhere)'];
  if (!URL.canParse(uri)) return ['must be an absolute URI'];
  const { protocol, username, password } = new URL(uri);
  const found: [boolean, string][] = [
    [uri.includes('#'), 'must not have a fragment'],
    [uri.includes('*'), 'must not have a wildcard: it is compared byte for byte'],
    [uri.includes('\\'), 'must not contain a backslash'],
    [username !== '' || password !== '', 'must not carry a user name or password'],
    [
      /(^|[/\\])(\.|%2e){1,2}([/\\?]|$)/i.test(uri.slice(protocol.length)),
      'must not contain . or .. segments',
    ],
  ];
  const problems = found.flatMap(([isSo, problem]) => (isSo ? [problem] : []));
  const problem = schemeProblem(uri, applicationType);
  // The canonical form of something that is wrong in another way would only be a wrong advice.
  const isAdvice = problem?.startsWith('must be in canonical form') === true && problems.length > 0;
  return problem === undefined || isAdvice ? problems : [...problems, problem];
}

/** The origin a page at `uri` has, for CORS; undefined for custom schemes. */
export function originOf(uri: string): string | undefined {
  const { protocol, origin } = new URL(uri);
  return protocol === 'https:' || protocol === 'http:' ? origin : undefined;
}
