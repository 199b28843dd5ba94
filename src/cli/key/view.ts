// Owns: how the command line shows keys. Never a private part: it is not given one.
import { type KeyDescription, type KeyReport, keyToJson } from '../../keys/description.js';
import type { Terminal } from '../command.js';
import { formatTable, show, showDate } from '../output.js';

function sinceOf({ state, createdAt, activatedAt, retiredAt, goneAt }: KeyDescription): string {
  const since = { announced: createdAt, active: activatedAt, retired: retiredAt, gone: goneAt }[state];
  return showDate(since ?? createdAt);
}

function nextOf({ state, activatesAt, retiredUntil }: KeyDescription): string {
  if (state === 'announced') return activatesAt ? `active ${showDate(activatesAt)}` : 'active when rotated';
  return state === 'retired' ? `gone ${showDate(retiredUntil)}` : '-';
}

export function keyTable(keys: readonly KeyDescription[]): string {
  const rows = keys.map((key) => [
    key.kid,
    key.alg,
    key.purpose,
    key.revokedAt ? 'gone (revoked)' : key.state,
    sinceOf(key),
    nextOf(key),
  ]);
  return formatTable(['KID', 'ALG', 'PURPOSE', 'STATE', 'SINCE', 'NEXT'], rows, 'no keys yet');
}

function costOf({ keys, unverifiableSeconds: seconds }: KeyReport): string {
  if (seconds === 0) return '';
  const isTokens = keys.some(({ purpose }) => purpose === 'token');
  return isTokens
    ? `For up to ${seconds} seconds, apps that remember our keys and do not look again may reject new ID tokens.\n`
    : `For up to ${seconds} seconds, some instances may not know the new cookies yet.\n`;
}

/** What became of keys. */
export function showReport(terminal: Terminal, asJson: boolean, report: KeyReport): void {
  const json = { keys: report.keys.map(keyToJson), unverifiable_seconds: report.unverifiableSeconds };
  show(terminal, asJson, json, () => keyTable(report.keys) + costOf(report));
}
