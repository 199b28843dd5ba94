// Owns: the shape of a rule about a client's description. Does not: know any (rules.ts).

/** A description whose members may not have been found valid; read it with care. */
export type Described = Readonly<Record<string, unknown>>;

export type Report = (path: (string | number)[], message: string) => void;

export type Rule = (client: Described, report: Report) => void;

/** The texts of a list that may be none. */
export function textItems(list: unknown): [number, string][] {
  if (!Array.isArray(list)) return [];
  return list.flatMap((item, index) => (typeof item === 'string' ? [[index, item] as [number, string]] : []));
}

export const includes = (list: unknown, text: string) => textItems(list).some(([, item]) => item === text);
