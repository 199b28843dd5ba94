// Owns: the doctor's look at mutual TLS from outside: whether the proxy lets a forged certificate through.
import type { Config } from '../../config/load.js';
import { type Finding, failed, ok, shown, warning } from '../findings/finding.js';
import type { Site } from '../handoff/site.js';

const CHECK = 'mutual-tls';
const TIMEOUT_MS = 3_000;

/** No certificate, whoever reads it: the server says so when a proxy passes it on as if it were its own word. */
const FORGED = ':AAAA:';

async function examineOrigin(origin: string, header: string, site: Site): Promise<Finding> {
  const { answer, problem } = await site.ask(`${origin}/api/oauth/jwks`, {
    headers: { accept: 'application/json', [header]: FORGED },
    timeoutMs: TIMEOUT_MS,
  });
  if (!answer) return warning(CHECK, `${shown(origin)}: ${shown(problem)}`, 'see that it can be reached');
  if (answer.status === 400 && answer.text.includes('client certificate')) {
    const advice =
      'have the proxy set or remove this header in every request: docs/operations.md, "Mutual TLS"';
    return failed(
      CHECK,
      `${shown(origin)} takes ${header} from anybody: whoever likes can be any client`,
      advice,
    );
  }
  return ok(CHECK, `${shown(origin)} takes no ${header} from outside`);
}

/** Sends a certificate that is none to where apps come in, under the header that only a proxy may set. */
export async function examineMutualTls({ mtls, issuer }: Config, site: Site): Promise<Finding[]> {
  if (!mtls) return [];
  const origins = mtls.origin === undefined ? [issuer] : [issuer, mtls.origin];
  return Promise.all(origins.map((origin) => examineOrigin(origin, mtls.certificateHeader, site)));
}
