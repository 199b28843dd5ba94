// Owns: findings in lines for a person, or as JSON for a program.
import type { Finding, Status } from './finding.js';

function counted(findings: readonly Finding[]): Record<Status, number> {
  const count = (status: Status) => findings.filter((finding) => finding.status === status).length;
  return { ok: count('ok'), warning: count('warning'), failed: count('failed') };
}

/** Whether everything is as it has to be: warnings are no failures. */
export function isFine(findings: readonly Finding[]): boolean {
  return counted(findings).failed === 0;
}

/** The title, one line for each finding, and one for the sum. */
export function describeFindings(title: string, findings: readonly Finding[]): string {
  const width = Math.max(...findings.map(({ check }) => check.length));
  const lines = findings.map(({ status, check, message, advice }) => {
    const start = `${status.padEnd(7)}  ${check.padEnd(width)}  ${message}`;
    return advice === undefined ? start : `${start}. To do: ${advice}`;
  });
  const { ok, warning, failed } = counted(findings);
  return [title, ...lines, `${ok} ok, ${warning} warnings, ${failed} failed`, ''].join('\n');
}

/** The same for a program, after `subject`. `check` and `status` are stable, `message` and `advice` are for people. */
export function findingsToJson(
  subject: Record<string, unknown>,
  findings: readonly Finding[],
): Record<string, unknown> {
  return { ...subject, ok: isFine(findings), counts: counted(findings), checks: findings };
}
