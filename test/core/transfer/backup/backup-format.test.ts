/** The form of a backup: what is written is read again, however it is cut into pieces, and what is cut off is noticed. */
import { describe, expect, it } from 'vitest';
import {
  BackupError,
  BackupReader,
  END_OF_ROWS,
  writeEnd,
  writeHeader,
  writeTableLine,
  type BackupHeader,
} from '../../../../src/core/transfer/backup/backup-format.ts';
import { fc } from '../../../helpers/property.ts';

const FACTS: Omit<BackupHeader, 'format' | 'version'> = {
  program: '0.1.0',
  createdAt: '2026-11-20T12:00:00.000Z',
  migrations: ['20260101000000_first'],
  months: ['2026-11', '2026-12'],
  tables: [
    { name: 'metric', columns: ['id', 'name'] },
    { name: 'sample', columns: ['value'] },
  ],
  sequences: [{ name: 'metric_number_seq', last: '9223372036854775807' }],
};

/** Rows as COPY writes them: each ends its line, and a backslash of a value is doubled. */
const ROW = fc
  .array(
    fc.constantFrom('a', '1', '\t', '.', String.raw`\\`, String.raw`\N`, String.raw`\\.`, 'é', '😀', '\r'),
    {
      maxLength: 6,
    },
  )
  .map((parts) => `${parts.join('')}\n`)
  .filter((row) => row !== END_OF_ROWS);
const ROWS = fc.array(ROW, { maxLength: 8 }).map((rows) => rows.join(''));

function writeBackup(...rowsOfTables: readonly string[]): Buffer {
  const tables = FACTS.tables.map(
    ({ name }, i) => writeTableLine(name) + (rowsOfTables[i] ?? '') + END_OF_ROWS,
  );
  return Buffer.from(writeHeader(FACTS) + tables.join('') + writeEnd());
}

/** @param sizes of the pieces, over and over */
async function* cut(backup: Buffer, sizes: readonly number[]): AsyncGenerator<Buffer> {
  for (let at = 0, i = 0; at < backup.length; i += 1) {
    const size = Math.max(1, sizes[i % sizes.length] ?? 1);
    yield await Promise.resolve(backup.subarray(at, at + size));
    at += size;
  }
}

async function readBackup(source: AsyncIterable<Buffer>): Promise<readonly string[]> {
  const reader = new BackupReader(source);
  const header = await reader.readHeader();
  expect(header).toMatchObject(FACTS);
  const found: string[] = [];
  for (const { name } of header.tables) {
    await reader.readTableLine(name);
    const parts: Buffer[] = [];
    for await (const part of reader.readRows()) parts.push(Buffer.from(part));
    found.push(Buffer.concat(parts).toString());
  }
  await reader.readEnd();
  return found;
}

const SIZES = fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 5 });

describe('A backup', () => {
  it('is read as it was written, in pieces of whatever size', async () => {
    await fc.assert(
      fc.asyncProperty(ROWS, ROWS, SIZES, async (first, second, sizes) => {
        expect(await readBackup(cut(writeBackup(first, second), sizes))).toEqual([first, second]);
      }),
    );
  });

  it.each([
    ['', ''],
    ['\n', '\n\n'],
    ['.\n', '..\n'],
    ['\\\\.\n', 'a\\\\.\n'],
    ['\\N\n', '\\N\t\\N\n'],
  ])('of rows that look like its end, or of none, %j and %j, too', async (first, second) => {
    for (const size of [1, 2, 3, 1_000]) {
      expect(await readBackup(cut(writeBackup(first, second), [size]))).toEqual([first, second]);
    }
  });

  it('that is cut short anywhere is refused', async () => {
    const backup = writeBackup('1\ta\n2\tb\n', '3\n');
    for (let length = 0; length < backup.length; length += 1) {
      await expect(readBackup(cut(backup.subarray(0, length), [7]))).rejects.toBeInstanceOf(BackupError);
    }
  });

  it('that goes on behind its end is refused', async () => {
    const more = Buffer.concat([writeBackup('', ''), Buffer.from('x')]);
    for (const size of [1, 10_000]) {
      await expect(readBackup(cut(more, [size]))).rejects.toThrow('goes on where it should end');
    }
  });

  it('that has a table in another place is refused by its name', async () => {
    const [header, ...lines] = writeBackup('', '').toString().split('\n');
    const swapped = [header, ...lines.slice(2, 4), ...lines.slice(0, 2), ...lines.slice(4)].join('\n');
    await expect(readBackup(cut(Buffer.from(swapped), [50]))).rejects.toThrow(
      'the table metric where it should',
    );
  });
});

describe('What is no backup', () => {
  const HEADER = JSON.parse(writeHeader(FACTS)) as BackupHeader; // just written
  const read = (line: string) => new BackupReader(cut(Buffer.from(line), [1_000])).readHeader();

  it.each([
    ['another file', 'PK\u0003\u0004 a zip\n'],
    ['JSON of something else', '{"format":"other"}\n'],
    ['one of a later version', `${JSON.stringify({ ...HEADER, version: 2 })}\n`],
    [
      'a name that would end a quote of SQL',
      `${JSON.stringify({ ...HEADER, tables: [{ name: 'a"; DROP', columns: ['a'] }] })}\n`,
    ],
    ['a column that would', `${JSON.stringify({ ...HEADER, tables: [{ name: 'a', columns: ['a"'] }] })}\n`],
    ['a table without columns', `${JSON.stringify({ ...HEADER, tables: [{ name: 'a', columns: [] }] })}\n`],
    ['a month that is none', `${JSON.stringify({ ...HEADER, months: ['2026-13'] })}\n`],
    [
      'a number of a sequence that is none',
      `${JSON.stringify({ ...HEADER, sequences: [{ name: 'a', last: '1; x' }] })}\n`,
    ],
    ['no migrations', `${JSON.stringify({ ...HEADER, migrations: [] })}\n`],
  ])('is refused: %s', async (_what, line) => {
    await expect(read(line)).rejects.toThrow('the file is no backup of this program');
  });

  it('is refused without reading all of a line that never ends', async () => {
    let pieces = 0;
    async function* endless(): AsyncGenerator<Buffer> {
      for (;;) {
        pieces += 1;
        yield await Promise.resolve(Buffer.alloc(100_000, 'x'));
      }
    }
    await expect(new BackupReader(endless()).readHeader()).rejects.toBeInstanceOf(BackupError);
    expect(pieces).toBeLessThan(20);
  });
});
