// Owns: how commands show things to people: tables, values that cannot steer a terminal, questions.
import { type Terminal, UsageError } from './command.js';

// Characters two columns wide, by their blocks.
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/gu;

const columnsOf = (text: string) => [...text].length + (text.match(WIDE)?.length ?? 0);

/** Text of others on one line, with whatever could steer a terminal or turn the direction spelled out. */
export function plain(text: string): string {
  return text.replace(
    /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu,
    (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`,
  );
}

/** A date to the second, in UTC: `2026-11-22 08:15:53Z`; `-` for none. */
export function showDate(date: Date | undefined): string {
  return date === undefined
    ? '-'
    : date
        .toISOString()
        .replace('T', ' ')
        .replace(/\.\d+Z$/, 'Z');
}

function padded(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - columnsOf(text)));
}

/** Rows in columns under their headings; `none` in place of no rows. */
export function formatTable(headings: string[], rows: string[][], none = 'nothing'): string {
  if (rows.length === 0) return `${none}\n`;
  const lines = [headings, ...rows.map((row) => row.map(plain))];
  const widths = headings.map((_, column) => Math.max(...lines.map((line) => columnsOf(line[column] ?? ''))));
  return lines
    .map((line) =>
      line
        .map((cell, column) => padded(cell, widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .map((line) => `${line}\n`)
    .join('');
}

/** Names and values under one another; values that are undefined are left out. */
export function formatFields(fields: Record<string, string | undefined>): string {
  const shown = Object.entries(fields).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const width = Math.max(...shown.map(([name]) => columnsOf(name)));
  return shown.map(([name, value]) => `${padded(`${name}:`, width + 1)} ${plain(value)}\n`).join('');
}

/** Writes the answer of a command: one JSON object for programs, text for people. */
export function show(
  { stdout }: Pick<Terminal, 'stdout'>,
  asJson: boolean,
  value: unknown,
  describe: () => string,
): void {
  const text = asJson ? JSON.stringify(value) : describe();
  stdout.write(text.endsWith('\n') ? text : `${text}\n`);
}

/**
 * Asks whether to go on with something that cannot be taken back. `--yes` answers in advance.
 * @returns whether to go on
 * @throws UsageError when nobody is there to be asked
 */
export async function confirm(terminal: Terminal, question: string, isYes: boolean): Promise<boolean> {
  if (isYes) return true;
  if (!terminal.isInteractive) throw new UsageError(`${question} Say --yes: nobody is here to be asked.`);
  terminal.stderr.write(`${question} [y/N] `);
  for await (const chunk of terminal.stdin) {
    if (/^y(es)?$/i.test(chunk.toString().trim())) return true;
    break;
  }
  terminal.stderr.write('Nothing was changed.\n');
  return false;
}
