/** Numbers as a picture shows them. */

const PREFIXES = ['', 'k', 'M', 'G', 'T', 'P', 'E'] as const;

/** @param digits significant ones, at most; below a thousandth and above the prefixes in powers of ten */
export function formatNumber(value: number, digits: number): string {
  const size = Math.abs(value);
  if (value === 0) return '0';
  if (size < 0.001 || size >= 1e21) return value.toExponential(Math.max(0, digits - 2));
  // Rounded first: 999,999 is 1M, not 1000k.
  const rounded = Number(value.toPrecision(digits));
  const step = Math.max(0, Math.floor(Math.log10(Math.abs(rounded)) / 3));
  const prefix = PREFIXES[step];
  return prefix === undefined
    ? value.toExponential(Math.max(0, digits - 2))
    : `${Number((rounded / 1000 ** step).toPrecision(digits))}${prefix}`;
}
