// Owns: finding a route by its path. Matched exactly, letter by letter.
import { nothingThere } from './problem.js';
import type { AdminRoute } from './route.js';

export interface FoundPath {
  /** By method. */
  routes: ReadonlyMap<string, AdminRoute>;
  params: Record<string, string>;
}

interface Entry {
  pattern: RegExp;
  names: string[];
  routes: Map<string, AdminRoute>;
}

function entryOf(path: string): Entry {
  const names = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? '');
  const literal = path.split(/\{\w+\}/).map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return { pattern: new RegExp(`^${literal.join('([^/]+)')}$`), names, routes: new Map() };
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw nothingThere();
  }
}

export function createRouteTable(routes: readonly AdminRoute[]) {
  const entries = new Map<string, Entry>();
  for (const route of routes) {
    const entry = entries.get(route.path) ?? entryOf(route.path);
    if (entry.routes.has(route.method)) throw new Error(`two routes at ${route.method} ${route.path}`);
    entry.routes.set(route.method, route);
    entries.set(route.path, entry);
  }
  // Paths without parameters first: a name that is spelled out is meant.
  const ordered = [...entries.values()].sort((a, b) => a.names.length - b.names.length);

  return {
    /** @param path below the API's address */
    find(path: string): FoundPath | undefined {
      for (const { pattern, names, routes: byMethod } of ordered) {
        const match = pattern.exec(path);
        if (!match) continue;
        const params = Object.fromEntries(
          names.map((name, index) => [name, decoded(match[index + 1] ?? '')]),
        );
        return { routes: byMethod, params };
      }
      return undefined;
    },
  };
}
