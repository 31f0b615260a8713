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

/** Where it is not known what the model has seen, more is not claimed. */
const DEFAULT_SEEN = 1_000_000;
/** As far as scores go. */
const MAX_ODDS = 1e15;

/**
 * A score as what it means: 0.99999 is 1 in 100,000.
 * @param seenPoints how many points the model had seen: it cannot know of anything rarer than once in as many
 */
export function describeRarity(score: number, seenPoints = DEFAULT_SEEN): string {
  if (score < 0.5) return 'normal';
  const odds = Math.min(MAX_ODDS, 1 / (1 - score));
  const limit = Math.max(1, seenPoints);
  return odds > limit * 1.000_001 ? `less than ${writeOdds(limit, Math.floor)}` : writeOdds(odds, Math.round);
}

/** In two digits; one below ten. */
function writeOdds(odds: number, round: (value: number) => number): string {
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(odds)) - 1);
  return `1 in ${(round(odds / unit) * unit).toLocaleString('en')}`;
}
