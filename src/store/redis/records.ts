// Owns: how an artifact looks in Redis: its keys and its text. Does not: talk to Redis.
import type { ArtifactRecord, JsonObject, StoredArtifact } from '../ports/index.js';

/**
 * The keys of one artifact. The part in braces decides the slot in a cluster, so that a script may touch all
 * three.
 */
export interface ArtifactKeys {
  record: string;
  /** When it was used up, in milliseconds, and by whom; beside the record: writing that anew leaves it used. */
  used: string;
  /** Who is using it at this moment. */
  lock: string;
}

export function artifactKeys(prefix: string, kind: string, key: string): ArtifactKeys {
  const record = `${prefix}${kind}:{${key}}`;
  return { record, used: `${record}:used`, lock: `${record}:lock` };
}

/** Where the key of the artifact with this user code is kept. */
export function userCodeKeyOf(prefix: string, kind: string, userCodeKey: string): string {
  return `${prefix}${kind}:user-code:${userCodeKey}`;
}

/** Members are short: there are millions of these. */
interface Text {
  p: JsonObject;
  g?: string | undefined;
  u?: string | undefined;
  e: number;
}

export function encode({ payload, grantId, userCodeKey, expiresAt }: ArtifactRecord): string {
  const text: Text = { p: payload, g: grantId, u: userCodeKey, e: expiresAt.getTime() };
  return JSON.stringify(text);
}

/** @param used `milliseconds:owner`, as Redis gives it */
export function decode(text: string, used: string | null): StoredArtifact {
  const { p, g, u, e } = JSON.parse(text) as Text;
  return {
    payload: p,
    grantId: g,
    userCodeKey: u,
    expiresAt: new Date(e),
    consumedAt: used === null ? undefined : new Date(Number.parseInt(used, 10)),
  };
}
