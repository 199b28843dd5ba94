// Owns: reading YAML or JSON text into plain values that know their lines. Does not: know what they mean.

import type { Alias, Document, Node, Pair } from 'yaml';
import { isAlias, isMap, isScalar, isSeq, Lexer, LineCounter, Parser, parseDocument } from 'yaml';
import { childField } from '../../lib/problems.js';

/** What a file of legitimate use never needs; beyond it parsing would take minutes or the whole stack. */
const MAX_DEPTH = 32;
const MAX_ALIASES = 256;
const MAX_NODES = 100_000;
const MAX_SYNTAX_PROBLEMS = 10;

/** One thing that is wrong, and where: `field` such as `clients[0].redirect_uris[1]`, empty for the file. */
export interface SourceProblem {
  line: number;
  field: string;
  reason: string;
}

export interface Source {
  value: unknown;
  /** What is wrong with the text itself; with any of these, `value` means nothing. */
  problems: SourceProblem[];
  /** The line of a field; of the nearest thing around it when the field is not there. */
  lineOf(field: string): number;
}

function parentField(field: string): string {
  return field.replace(/(\.[\w-]+|\[\d+\]|\["(?:[^"\\]|\\.)*"\]|^[\w-]+)$/, '');
}

/** The line on which nesting gets deeper than a legitimate file's. The composer would run out of stack. */
function tooDeepAt(text: string): number | undefined {
  const parser = new Parser();
  let line = 1;
  for (const lexeme of new Lexer().lex(text)) {
    for (const _ of parser.next(lexeme));
    if (parser.stack.length > 2 * MAX_DEPTH) return line;
    line += lexeme.split('\n').length - 1;
  }
  return undefined;
}

/** Turns nodes into values, remembering the line of each field. */
class Reader {
  readonly problems: SourceProblem[] = [];
  readonly lines = new Map<string, number>();
  readonly #document: Document;
  readonly #counter: LineCounter;
  #aliases = 0;
  #nodes = 0;

  constructor(document: Document, counter: LineCounter) {
    this.#document = document;
    this.#counter = counter;
  }

  #lineOf(node: unknown): number | undefined {
    const start = (node as Node | null)?.range?.[0];
    return start === undefined ? undefined : this.#counter.linePos(start).line;
  }

  #refuse(field: string, reason: string): undefined {
    this.problems.push({ line: this.lines.get(field) ?? 1, field, reason });
    return undefined;
  }

  read(node: unknown, field: string, depth = 0): unknown {
    this.#nodes += 1;
    if (this.#nodes > MAX_NODES) {
      return this.#nodes === MAX_NODES + 1 ? this.#refuse(field, 'the file holds too much') : undefined;
    }
    if (depth > MAX_DEPTH) return this.#refuse(field, 'is nested too deeply');
    if (isAlias(node)) return this.#readAlias(node, field, depth);
    if (isMap(node)) return this.#readMap(node.items, field, depth);
    if (isSeq(node)) return node.items.map((item, index) => this.#readChild(item, item, field, index, depth));
    return isScalar(node) ? node.value : null;
  }

  #readChild(at: unknown, node: unknown, parent: string, key: PropertyKey, depth: number): unknown {
    const field = childField(parent, key);
    this.lines.set(field, this.#lineOf(at) ?? this.lines.get(parent) ?? 1);
    return this.read(node, field, depth + 1);
  }

  #readAlias(node: Alias, field: string, depth: number): unknown {
    this.#aliases += 1;
    if (this.#aliases > MAX_ALIASES) {
      return this.#aliases === MAX_ALIASES + 1
        ? this.#refuse(field, 'the file has too many aliases')
        : undefined;
    }
    const target = node.resolve(this.#document);
    return target ? this.read(target, field, depth + 1) : this.#refuse(field, 'refers to an unknown anchor');
  }

  #readMap(pairs: Pair[], parent: string, depth: number): unknown {
    const members = new Map<string, unknown>();
    for (const { key, value } of pairs) {
      const name = isScalar(key) ? String(key.value) : '?';
      const isTwice = members.has(name);
      members.set(name, this.#readChild(key, value, parent, name, depth));
      if (isTwice) this.#refuse(childField(parent, name), 'is given twice');
    }
    // Unlike an assignment, this makes a member of `__proto__`, too: one to be refused as unknown.
    return Object.fromEntries(members);
  }
}

/** Reads YAML 1.2, of which JSON is a part. Never throws for what the text holds. */
export function readSource(text: string): Source {
  const failed = (problems: SourceProblem[]): Source => ({ value: undefined, problems, lineOf: () => 1 });
  const deepLine = tooDeepAt(text);
  if (deepLine !== undefined) return failed([{ line: deepLine, field: '', reason: 'is nested too deeply' }]);

  const counter = new LineCounter();
  // Unique keys are checked by Reader: the parser takes minutes for it when a map is large.
  const document = parseDocument(text, { lineCounter: counter, prettyErrors: false, uniqueKeys: false });
  const syntax = [...document.errors, ...document.warnings].slice(0, MAX_SYNTAX_PROBLEMS);
  if (syntax.length > 0) {
    return failed(
      syntax.map(({ pos, message }) => ({
        line: counter.linePos(pos[0]).line,
        field: '',
        reason: message.slice(0, 200),
      })),
    );
  }

  const reader = new Reader(document, counter);
  const value = reader.read(document.contents, '');
  return {
    value,
    problems: reader.problems,
    lineOf(field) {
      let at = field;
      while (at !== '' && !reader.lines.has(at)) at = parentField(at);
      return reader.lines.get(at) ?? 1;
    },
  };
}
