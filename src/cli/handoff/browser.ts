// Owns: a browser at the site: follows redirects within the site, and sees where one leads away.
import { type Answer, type AskOptions, described, type Site } from './site.js';

const MAX_HOPS = 5;

/** A host that does not exist (RFC 6761 §6.4). */
const STRANGER = 'link2ur-doctor.invalid';

export type Visit =
  | { kind: 'page'; answer: Answer }
  /** A redirect away from the site, or back to the provider. */
  | { kind: 'left'; answer: Answer; to: URL }
  | { kind: 'trouble'; problem: string };

/** Goes to `start` with `parameters` added to those it has, as the provider would send the browser. */
export async function visit(
  site: Site,
  start: string,
  parameters: Record<string, string>,
  options: AskOptions = {},
): Promise<Visit> {
  let url = new URL(start);
  const { origin } = url;
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  for (let hops = 0; hops < MAX_HOPS; hops += 1) {
    const { answer, problem } = await site.ask(url, options);
    if (!answer) return { kind: 'trouble', problem };
    const { location } = answer;
    if (!location) {
      const isPage = answer.status >= 200 && answer.status < 300;
      return isPage ? { kind: 'page', answer } : { kind: 'trouble', problem: described(answer) };
    }
    if (location.origin !== origin || location.href === parameters.return_to) {
      return { kind: 'left', answer, to: location };
    }
    url = location;
  }
  return { kind: 'trouble', problem: 'redirects in a circle' };
}

/** Values of return_to that lead to a stranger, as attackers write them. */
export function strangeReturns(issuer: string): string[] {
  const { protocol, hostname } = new URL(issuer);
  return [
    `https://${STRANGER}/`,
    `//${STRANGER}/`,
    `/\\${STRANGER}/`,
    `${protocol}//${hostname}.${STRANGER}/`,
    `${issuer}@${STRANGER}/`,
  ];
}

/** The first value of return_to with which the page sends the browser to a stranger. */
export async function followedStranger(
  site: Site,
  { start, issuer, options = {} }: { start: string; issuer: string; options?: AskOptions },
): Promise<string | undefined> {
  for (const value of strangeReturns(issuer)) {
    const seen = await visit(site, start, { return_to: value }, options);
    if (seen.kind === 'left' && seen.to.hostname.endsWith(STRANGER)) return value;
  }
  return undefined;
}
