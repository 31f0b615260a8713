/**
 * The form of a backup: a line of JSON that says what is in it; for each table a line of JSON with its name, then its rows
 * in PostgreSQL's text form of COPY, then a line `\.`; at the end a line of JSON. Pure.
 */
import { z } from 'zod';
import { OperatorError } from '../../../errors.ts';

/** The file is no backup, is cut short, or does not fit this program or this database. */
export class BackupError extends OperatorError {
  override readonly name = 'BackupError';
}

const FORMAT = 'lapwing-backup';
const VERSION = 1;

/** Names are put into SQL. */
const sqlName = z.string().regex(/^[a-z_][a-z0-9_]{0,62}$/);
const table = z.object({ name: sqlName, columns: z.array(sqlName).min(1) });
const header = z.object({
  format: z.literal(FORMAT),
  version: z.literal(VERSION),
  /** Of the program that made it. */
  program: z.string(),
  createdAt: z.iso.datetime(),
  /** Of the database, in order. */
  migrations: z.array(z.string()).min(1),
  /** Those that have partitions. */
  months: z.array(z.string().regex(/^\d{4}-(?:0[1-9]|1[0-2])$/)),
  /** In an order in which each comes after those it refers to. */
  tables: z.array(table),
  /** The last numbers they gave; those that gave none are left out. */
  sequences: z.array(z.object({ name: sqlName, last: z.string().regex(/^\d{1,19}$/) })),
});
export type BackupHeader = z.output<typeof header>;
export type BackupTable = z.output<typeof table>;

/** Of values in a backup, whatever the settings of a database are: to be executed in a transaction. */
export const TEXT_FORM =
  "SET LOCAL datestyle = 'ISO, YMD'; SET LOCAL intervalstyle = 'iso_8601'; SET LOCAL extra_float_digits = 1";

/** The line after the rows of a table. A row never looks like it: COPY doubles each backslash of a value. */
export const END_OF_ROWS = '\\.\n';
const END_OF_ROWS_IN_ROWS = Buffer.from(`\n${END_OF_ROWS}`);
const NEW_LINE = Buffer.from('\n');
const MAX_LINE_BYTES = 1_000_000;

export function writeHeader(facts: Omit<BackupHeader, 'format' | 'version'>): string {
  return `${JSON.stringify({ format: FORMAT, version: VERSION, ...facts })}\n`;
}

export function writeTableLine(name: string): string {
  return `${JSON.stringify({ table: name })}\n`;
}

export function writeEnd(): string {
  return `${JSON.stringify({ end: true })}\n`;
}

/** Reads a backup from its beginning to its end. Each method throws BackupError for what is not there. */
export class BackupReader {
  readonly #chunks: AsyncIterator<Buffer>;
  /** Read, and not yet given. */
  #rest: Buffer = Buffer.alloc(0);

  /** @param source the backup, uncompressed, in pieces of any size */
  constructor(source: AsyncIterable<Buffer>) {
    this.#chunks = source[Symbol.asyncIterator]();
  }

  async readHeader(): Promise<BackupHeader> {
    const parsed = header.safeParse(await this.#readJson());
    if (parsed.success) return parsed.data;
    throw new BackupError('the file is no backup of this program, or of a version that this one cannot read');
  }

  /** Reads the line that begins a table. */
  async readTableLine(name: string): Promise<void> {
    if (z.object({ table: z.literal(name) }).safeParse(await this.#readJson()).success) return;
    throw new BackupError(`the backup does not go on with the table ${name} where it should`);
  }

  /** Reads the last line, after which there is nothing. */
  async readEnd(): Promise<void> {
    const isEnd = z.object({ end: z.literal(true) }).safeParse(await this.#readJson()).success;
    const next = await this.#chunks.next();
    if (isEnd && this.#rest.length === 0 && next.done === true) return;
    throw new BackupError('the backup goes on where it should end');
  }

  /** The rows of the table whose line was read last, in pieces that may end within a row. */
  async *readRows(): AsyncGenerator<Buffer> {
    // The line before ended with it: so the end of no rows at all is found as any other.
    this.#rest = Buffer.concat([NEW_LINE, this.#rest]);
    let isFirst = true;
    for (;;) {
      const end = this.#rest.indexOf(END_OF_ROWS_IN_ROWS);
      // What may be the beginning of the end is kept until more is there.
      const until = end < 0 ? this.#rest.length - END_OF_ROWS_IN_ROWS.length : end + 1;
      const from = isFirst ? 1 : 0;
      if (until > from) yield this.#rest.subarray(from, until);
      if (until > 0) isFirst = false;
      this.#rest = this.#rest.subarray(end < 0 ? Math.max(until, 0) : end + END_OF_ROWS_IN_ROWS.length);
      if (end >= 0) return;
      await this.#readMore();
    }
  }

  async #readJson(): Promise<unknown> {
    for (let at = this.#rest.indexOf(NEW_LINE); ; at = this.#rest.indexOf(NEW_LINE)) {
      if (at >= 0) {
        const line = this.#rest.subarray(0, at).toString();
        this.#rest = this.#rest.subarray(at + 1);
        return parseJson(line);
      }
      if (this.#rest.length > MAX_LINE_BYTES) return undefined;
      await this.#readMore();
    }
  }

  async #readMore(): Promise<void> {
    const next = await this.#chunks.next();
    if (next.done === true) throw new BackupError('the backup is cut short: its end is missing');
    this.#rest = this.#rest.length === 0 ? next.value : Buffer.concat([this.#rest, next.value]);
  }
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line) as unknown;
  } catch {
    return undefined;
  }
}
