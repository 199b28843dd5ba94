// Owns: what a prepared statement is here. Does not: run one.

/**
 * SQL that a connection parses and plans once, and from then on knows by its name. It names the columns it reads: a
 * newer version may add some while this one runs.
 */
export interface Statement {
  /** Unique in this service; empty for one that is not prepared. */
  name: string;
  text: string;
}

/** One of the values of a statement; `undefined` is stored as NULL. */
export type Value = string | number | boolean | Date | string[] | null | undefined;

export interface Result<Row> {
  rows: Row[];
  /** Rows returned, or changed by INSERT, UPDATE and DELETE. */
  count: number;
  /** What PostgreSQL says it did, e.g. `COMMIT`. */
  command?: string;
}

/** Runs one statement on some connection. */
export type Run = <Row>(statement: Statement, values: readonly Value[]) => Promise<Result<Row>>;

/** A statement without values that is shorter to say than to know by a name: one message instead of four. */
export function unprepared(text: string): Statement {
  return { name: '', text };
}

/** The statement `text`, known by `name`. */
export function statement(name: string, text: string): Statement {
  return { name, text };
}
