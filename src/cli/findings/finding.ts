// Owns: what the doctor says about one thing it looked at, safe to print whatever the site answered.

export type Status = 'ok' | 'warning' | 'failed';

export interface Finding {
  /** Stable name of the check, e.g. `session-nobody`. */
  check: string;
  status: Status;
  /** What was seen. */
  message: string;
  /** What to do about it. */
  advice?: string;
}

export const ok = (check: string, message: string): Finding => ({ check, status: 'ok', message });

export const warning = (check: string, message: string, advice: string): Finding => ({
  check,
  status: 'warning',
  message,
  advice,
});

export const failed = (check: string, message: string, advice: string): Finding => ({
  check,
  status: 'failed',
  message,
  advice,
});

const MAX_SHOWN = 120;

/** Text of the site's for a terminal: short, and nothing in it that a terminal could act on. */
export function shown(text: string): string {
  const short = text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;
  return short.replace(/[^\x20-\x7e…]/g, (character) => {
    const code = character.charCodeAt(0).toString(16).padStart(4, '0');
    return `\\u${code}`;
  });
}
