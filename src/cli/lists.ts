// Owns: what commands that list share: options for pages, and how sessions and consents look in a table.
import type { ConsentRecord, StoredSession } from '../store/ports/index.js';
import { UsageError } from './command.js';
import { formatTable, showDate } from './output.js';

export const pageOptions = { limit: { type: 'string' }, cursor: { type: 'string' } } as const;

export const PAGE_HELP = `  --limit N       at most so many, 1 to 200 (50)
  --cursor TEXT   go on where the page before ended: its next`;

/** @throws UsageError */
export function pageRequest({ limit, cursor }: { limit?: string | undefined; cursor?: string | undefined }) {
  if (limit !== undefined && !/^\d{1,9}$/.test(limit)) {
    throw new UsageError('--limit must be a whole number from 1 to 200');
  }
  return { limit: limit === undefined ? undefined : Number(limit), cursor };
}

/** How the next page is asked for. */
export function nextLine(next: string | undefined): string {
  return next === undefined ? '' : `There is more: --cursor ${next}\n`;
}

export function sessionTable(sessions: readonly StoredSession[]): string {
  return formatTable(
    ['SESSION', 'USER', 'BEGAN', 'LOGGED IN', 'HOW', 'EXPIRES', 'APPS'],
    sessions.map((session) => [
      session.uid,
      session.userId ?? '-',
      showDate(session.issuedAt),
      showDate(session.authTime),
      [session.acr, ...(session.amr ?? [])].filter((part) => part !== undefined).join(' ') || '-',
      showDate(session.expiresAt),
      Object.keys(session.authorizations).join(' ') || '-',
    ]),
    'no session',
  );
}

export function consentTable(consents: readonly ConsentRecord[]): string {
  return formatTable(
    ['USER', 'APP', 'AGREED', 'LAST USED', 'SCOPES', 'CLAIMS'],
    consents.map((consent) => [
      consent.userId,
      consent.clientId,
      showDate(consent.grantedAt),
      showDate(consent.lastUsedAt),
      consent.scopes.join(' ') || '-',
      consent.claims.join(' ') || '-',
    ]),
    'no consent',
  );
}
