/** Digits of the exponent at least. */
const EXPONENT_DIGITS = 2;
/** Between these Go writes no exponent. */
const MAX_PLAIN_EXPONENT = 6;
const MIN_PLAIN_EXPONENT = -4;

/**
 * A number as the text format has it in labels (`le`, `quantile`), so that a series has one name whichever way it is pushed: the
 * shortest digits that mean it, with an exponent of two digits at least where Go writes one. Pure.
 * https://pkg.go.dev/strconv#FormatFloat, with the format 'g' and the precision -1
 */
export function formatFloat(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  const [digits = '', exponentText = '0'] = value.toExponential().split('e');
  const exponent = Number(exponentText);
  if (exponent >= MIN_PLAIN_EXPONENT && exponent < MAX_PLAIN_EXPONENT) return String(value);
  const sign = exponent < 0 ? '-' : '+';
  return `${digits}e${sign}${String(Math.abs(exponent)).padStart(EXPONENT_DIGITS, '0')}`;
}
