// Owns: which text may enter the system. PostgreSQL refuses NUL and lone surrogates; so do we, at the edge.

/** Whether `value` holds neither NUL nor a lone surrogate. */
export function isSafeText(value: string): boolean {
  return !value.includes('\0') && value.isWellFormed();
}

const MAX_DEPTH = 32;

/** Whether every string and key inside `value` is safe text and nesting is bounded. */
export function isSafeValue(value: unknown, depth = 0): boolean {
  if (typeof value === 'string') return isSafeText(value);
  if (value === null || typeof value !== 'object') return true;
  if (depth >= MAX_DEPTH) return false;
  return Object.entries(value).every(([key, member]) => isSafeText(key) && isSafeValue(member, depth + 1));
}
