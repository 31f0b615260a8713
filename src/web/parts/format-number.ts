/** Numbers for people. */

/** Units as sources spell them, shorter: those of CloudWatch as in messages, of OpenTelemetry and of Prometheus. */
const SHORT_UNITS: Readonly<Record<string, string>> = {
  Percent: '%',
  Seconds: 's',
  seconds: 's',
  Milliseconds: 'ms',
  Microseconds: 'µs',
  us: 'µs',
  Bytes: 'B',
  bytes: 'B',
  By: 'B',
  Kilobytes: 'kB',
  Megabytes: 'MB',
  Gigabytes: 'GB',
  Terabytes: 'TB',
  Bits: 'bit',
  Kilobits: 'kbit',
  Megabits: 'Mbit',
  Gigabits: 'Gbit',
  Terabits: 'Tbit',
  Count: '',
  None: '',
};
const PER_SECOND = /\/(?:Second|s)$/;

/** As short as it can be understood; empty for what is only counted. */
export function shortenUnit(unit: string | null | undefined): string {
  if (unit == null) return '';
  const rate = PER_SECOND.test(unit) ? '/s' : '';
  const measure = rate === '' ? unit : unit.replace(PER_SECOND, '');
  return `${SHORT_UNITS[measure] ?? measure}${rate}`;
}

const PREFIXES = ['', 'k', 'M', 'G', 'T', 'P', 'E'];
/** Of what is only counted: a unit that is not known may have a prefix already. */
const COUNTS: readonly string[] = PREFIXES;
/** Each unit is a thousand of the one before it: 74,100 ms are 74.1 s, and neither are kms. */
const LADDERS: readonly (readonly string[])[] = [
  COUNTS,
  ['ns', 'µs', 'ms', 's'],
  ...['B', 'bit', '/s', 'B/s', 'bit/s'].map((unit) => PREFIXES.map((prefix) => `${prefix}${unit}`)),
];
/** Four digits are read as fast as three and a prefix. */
const MAX_PLAIN = 1e4;
const MIN_PLAIN = 0.01;
/** A unit of no ladder says nothing of prefixes: only what would be too long to read is counted in millions. */
const MAX_UNKNOWN = 1e6;
/** What is larger or smaller is written by its power of ten. */
const [MIN_DECIMAL, MAX_DECIMAL] = [1e-3, 1e12];
const MAX_DECIMALS = 12;

/**
 * Four digits, in the unit that makes the number short: 12,345,678 is 12.35 M.
 * @param finest a difference that has to be seen, which may take more digits
 */
export function formatValue(value: number, unit?: string | null, finest = 0): string {
  return createWriter(Math.abs(value), unit, finest)(value);
}

/** Labels of an axis: all in one unit. @param step from one to the next */
export function formatTicks(ticks: readonly number[], unit: string | null, step: number): string[] {
  return ticks.map(createWriter(Math.max(...ticks.map(Math.abs)), unit, step));
}

/** Writes values that are compared with a range, in digits enough to see where in it they are. */
export function formatWithin({ low, high }: Bounds, unit?: string | null): (value: number) => string {
  return (value) => formatValue(value, unit, high - low);
}

interface Bounds {
  readonly low: number;
  readonly high: number;
}

/** A value and the range it was expected in, to be read together. */
export function formatExpected(
  value: number,
  expected: Bounds,
  unit?: string | null,
): { readonly value: string; readonly range: string } {
  const write = formatWithin(expected, unit);
  return { value: write(value), range: `${write(expected.low)} to ${write(expected.high)}` };
}

/** A value and those of others it is compared with. */
export function describeOutlier(value: number, others: number, unit?: string | null): string {
  const [own, theirs] = [value, others].map((one) => formatValue(one, unit, Math.abs(value - others)));
  return `${own}, others alike ${theirs}`;
}

/** @param largest of the numbers: its unit is that of all */
function createWriter(
  largest: number,
  unit: string | null | undefined,
  finest: number,
): (value: number) => string {
  const own = shortenUnit(unit);
  const { divisor, shown } = chooseUnit(largest, own);
  const size = largest / divisor;
  const power = readPower(size);
  const finestPower = finest > 0 ? readPower(finest / divisor) : power;
  const limit = (decimals: number) => Math.min(MAX_DECIMALS, Math.max(0, decimals));
  if (size !== 0 && (size < MIN_DECIMAL || size >= MAX_DECIMAL)) {
    const decimals = limit(Math.max(2, power - finestPower + 1));
    return (value) => join(value === 0 ? '0' : value.toExponential(decimals), own);
  }
  const maximumFractionDigits = limit(Math.max(3 - power, 1 - finestPower));
  // Zero needs no prefix, and has no sign.
  return (value) => {
    const digits = (value / divisor).toLocaleString('en', { maximumFractionDigits });
    return Number(digits) === 0 ? join('0', COUNTS.includes(shown) ? '' : shown) : join(digits, shown);
  };
}

function join(digits: string, unit: string): string {
  return unit === '' ? digits : `${digits} ${unit}`;
}

function chooseUnit(value: number, unit: string): { readonly divisor: number; readonly shown: string } {
  const ladder = LADDERS.find((units) => units.includes(unit));
  if (ladder === undefined) {
    if (value < MAX_UNKNOWN) return { divisor: 1, shown: unit };
    const { divisor, shown } = chooseUnit(value, '');
    return { divisor, shown: `${shown} ${unit}` };
  }
  const own = ladder.indexOf(unit);
  let step = own;
  const size = () => value / 1000 ** (step - own);
  if (value >= MAX_PLAIN) while (size() >= 1000 && step < ladder.length - 1) step++;
  if (value !== 0) while (size() < MIN_PLAIN && step > 0) step--;
  return { divisor: 1000 ** (step - own), shown: ladder[step] ?? unit };
}

function readPower(value: number): number {
  return value === 0 ? 0 : Math.floor(Math.log10(Math.abs(value)));
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
