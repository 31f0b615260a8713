/** An array of numbers as PostgreSQL reads it; pg itself would look for what needs quotes in every number. */
export function toNumberArray(numbers: readonly (number | null)[]): string {
  return `{${numbers.map((number) => number ?? 'NULL').join()}}`;
}
