/** Numbers for people. */

const PREFIXES = [
  [1e12, 'T'],
  [1e9, 'G'],
  [1e6, 'M'],
  [1e4, 'k'],
] as const;

/** Four significant digits; large ones shortened: 12,345,678 is 12.35 M. */
export function formatValue(value: number, unit?: string | null): string {
  const sized = PREFIXES.find(([size]) => Math.abs(value) >= size);
  const [size, prefix] = sized ?? [1, ''];
  if (sized === undefined && value !== 0 && Math.abs(value) < 1e-3) return join(value.toExponential(2), unit);
  const digits = (value / size).toLocaleString('en', { maximumSignificantDigits: 4 });
  if (unit === '%' || unit === 'Percent') return `${digits}${prefix} %`;
  return join(prefix === '' ? digits : `${digits} ${prefix}`, unit);
}

function join(digits: string, unit: string | null | undefined): string {
  return unit == null || unit === '' || unit === 'None' || unit === 'Count' ? digits : `${digits} ${unit}`;
}

/** A score as what it means: 0.99999 is 1 in 100,000. */
export function describeRarity(score: number): string {
  if (score >= 1 - 1e-10) return '1 in more than 10 billion';
  if (score < 0.5) return 'nothing unusual';
  const odds = 1 / (1 - score);
  const rounded = Number(odds.toPrecision(odds < 10 ? 1 : 2));
  return `1 in ${rounded.toLocaleString('en')}`;
}
