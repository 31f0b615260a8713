/** Comma-separated values after RFC 4180, in which no cell is a formula. */

/** What a spreadsheet takes for the beginning of a formula, or of something that hides one. */
const FORMULA = /^[=+\-@\t\r]/;
const NEEDS_QUOTES = /[",\r\n]/;

export type CsvCell = string | number | boolean | null;

/**
 * One row with its line end. A text that a spreadsheet would run gets an apostrophe in front, which makes it a text
 * there; numbers stay numbers, negative ones too; null is an empty cell.
 */
export function writeCsvRow(cells: readonly CsvCell[]): string {
  return `${cells.map(writeCell).join(',')}\r\n`;
}

function writeCell(cell: CsvCell): string {
  if (cell === null) return '';
  if (typeof cell !== 'string') return String(cell);
  const text = FORMULA.test(cell) ? `'${cell}` : cell;
  return NEEDS_QUOTES.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
