/** Numbers for people. */

/** From which size on, by what it is divided, and what stands for that. */
const PREFIXES = [
  [1e12, 1e12, 'T'],
  [1e9, 1e9, 'G'],
  [1e6, 1e6, 'M'],
  [1e4, 1e3, 'k'],
] as const;

/** Units as sources spell them, shorter. */
const SHORT_UNITS: Readonly<Record<string, string>> = {
  Percent: '%',
  Milliseconds: 'ms',
  Microseconds: 'µs',
  Seconds: 's',
  Bytes: 'B',
  'Bytes/Second': 'B/s',
  'Count/Second': '/s',
  Count: '',
  None: '',
};

/** As short as it can be understood; empty for what is only counted. */
export function shortenUnit(unit: string | null | undefined): string {
  return unit == null ? '' : (SHORT_UNITS[unit] ?? unit);
}

/** Four significant digits; large ones shortened: 12,345,678 is 12.35 M. */
export function formatValue(value: number, unit?: string | null): string {
  const [, size, prefix] = PREFIXES.find(([least]) => Math.abs(value) >= least) ?? [0, 1, ''];
  const isTiny = value !== 0 && Math.abs(value) < 1e-3;
  const digits = isTiny
    ? value.toExponential(2)
    : (value / size).toLocaleString('en', { maximumSignificantDigits: 4 });
  const tail = `${prefix}${shortenUnit(unit)}`;
  return tail === '' ? digits : `${digits} ${tail}`;
}

/** A score as what it means: 0.99999 is 1 in 100,000. */
export function describeRarity(score: number): string {
  if (score >= 1 - 1e-10) return '1 in more than 10 billion';
  if (score < 0.5) return 'nothing unusual';
  const odds = 1 / (1 - score);
  const rounded = Number(odds.toPrecision(odds < 10 ? 1 : 2));
  return `1 in ${rounded.toLocaleString('en')}`;
}
