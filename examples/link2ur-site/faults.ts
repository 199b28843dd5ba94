// Owns: what tests can make go wrong on the site.

/** Looked at on each request, so that a test can change it at any time. */
export interface SiteFaults {
  /** Every request is cut off without an answer. */
  down?: boolean;
  /** The session endpoint answers this many milliseconds late. */
  sessionDelayMs?: number | undefined;
  /** What the session endpoint answers in place of the truth: 500, a page, other JSON, or the way to the login. */
  sessionAnswer?: 'error' | 'html' | 'nonsense' | 'redirect' | undefined;
  /** Neither the session endpoint nor a ticket says when the user logged in. */
  omitAuthTime?: boolean;
}
