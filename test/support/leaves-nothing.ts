// Whether requests left anything behind: every row of every table, before and after.
import type { TestApp } from './app.js';
import { type Inspector, openInspector } from './inspector.js';

/** Limits count every attempt; when a secret was last used is noted within ten minutes of it, and is no trace of a refusal. */
const EXPECTED = /^oauth_counter /;
const LAST_USED = /"last_used_at":("[^"]*"|null)/g;

async function rowsOf(inspector: Inspector): Promise<Set<string>> {
  const lines = (await inspector.dump()).split('\n').filter((line) => !EXPECTED.test(line));
  return new Set(lines.map((line) => line.replace(LAST_USED, '')));
}

export interface Traces {
  /** What `work` added, changed or took away, row by row; empty when nothing. */
  of(work: () => Promise<unknown>): Promise<string[]>;
  close(): Promise<void>;
}

export async function openTraces({ dataDir }: TestApp): Promise<Traces> {
  const inspector = await openInspector(dataDir);
  return {
    async of(work) {
      const before = await rowsOf(inspector);
      await work();
      const after = await rowsOf(inspector);
      const added = [...after].filter((row) => !before.has(row)).map((row) => `+ ${row.slice(0, 300)}`);
      const gone = [...before].filter((row) => !after.has(row)).map((row) => `- ${row.slice(0, 300)}`);
      return [...added, ...gone];
    },
    close: () => inspector.close(),
  };
}
