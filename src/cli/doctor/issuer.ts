// Owns: the doctor's look at the issuer from outside: whether it answers, and whether what it says fits.
import { type Finding, failed, ok, shown, warning } from '../findings/finding.js';
import type { Site } from '../handoff/site.js';

const CHECK = 'issuer';
const TIMEOUT_MS = 3_000;

/** Members of discovery that hold an address of ours. */
const ENDPOINT = /_endpoint$|^jwks_uri$/;

type Json = Record<string, unknown>;

async function askJson(
  site: Site,
  url: string,
): Promise<{ json?: Json; problem?: string; isSilent?: boolean }> {
  const { answer, problem } = await site.ask(url, {
    headers: { accept: 'application/json' },
    timeoutMs: TIMEOUT_MS,
  });
  if (!answer) return { problem, isSilent: true };
  if (answer.status !== 200) return { problem: `answers ${answer.status}` };
  try {
    const json: unknown = JSON.parse(answer.text);
    return typeof json === 'object' && json !== null
      ? { json: json as Json }
      : { problem: 'answers no object' };
  } catch {
    return { problem: 'answers no JSON' };
  }
}

async function examineJwks(site: Site, url: string, kids: readonly string[]): Promise<Finding> {
  const check = 'jwks';
  const { json, problem } = await askJson(site, url);
  if (!json) return failed(check, `${shown(url)} ${shown(problem ?? '')}`, 'look at the log of the server');
  const served = Array.isArray(json.keys) ? json.keys.map((key: Json) => String(key?.kid)) : [];
  const missing = kids.filter((kid) => !served.includes(kid));
  if (kids.length === 0 || missing.length === 0) return ok(check, `${served.length} keys are served`);
  const advice =
    'the server uses another database, or has not seen the latest keys yet: try again in a minute';
  return failed(check, `${missing.length} keys of the database are not served`, advice);
}

/**
 * Asks the issuer for its own discovery document. Nobody answers: a warning, for it may not be running yet.
 * @param kids the signing keys in the database
 */
export async function examineIssuer(issuer: string, kids: readonly string[], site: Site): Promise<Finding[]> {
  const url = `${issuer}/.well-known/openid-configuration`;
  const { json, problem = '', isSilent } = await askJson(site, url);
  if (!json) {
    const message = `${shown(issuer)}: ${shown(problem)}`;
    if (isSilent)
      return [warning(CHECK, message, 'start the server, or see why it cannot be reached from here')];
    return [failed(CHECK, message, 'see that requests to the issuer reach this service')];
  }
  if (json.issuer !== issuer) {
    const advice = 'OAUTH_ISSUER must be the same here and there';
    return [failed(CHECK, `the server there calls itself ${shown(String(json.issuer))}`, advice)];
  }
  const strangers = Object.entries(json).filter(
    ([name, value]) => ENDPOINT.test(name) && !String(value).startsWith(`${issuer}/`),
  );
  if (strangers.length > 0) {
    const names = strangers.map(([name]) => shown(name)).join(', ');
    return [failed(CHECK, `discovery leads elsewhere: ${names}`, 'something in between changes answers')];
  }
  return [ok(CHECK, 'answers, and discovery fits'), await examineJwks(site, String(json.jwks_uri), kids)];
}
