/** The 27 units of CloudWatch. There is no conversion between them, ever: data in two units never mix. */

/** The place in this list is stored (cloudwatch_aggregate.unit): add at the end only. */
export const UNITS = [
  'None',
  'Seconds',
  'Microseconds',
  'Milliseconds',
  'Bytes',
  'Kilobytes',
  'Megabytes',
  'Gigabytes',
  'Terabytes',
  'Bits',
  'Kilobits',
  'Megabits',
  'Gigabits',
  'Terabits',
  'Percent',
  'Count',
  'Bytes/Second',
  'Kilobytes/Second',
  'Megabytes/Second',
  'Gigabytes/Second',
  'Terabytes/Second',
  'Bits/Second',
  'Kilobits/Second',
  'Megabits/Second',
  'Gigabits/Second',
  'Terabits/Second',
  'Count/Second',
] as const;

const CODES: ReadonlyMap<string, number> = new Map(UNITS.map((unit, code) => [unit, code]));

/** @returns the stored code, or null when it is no unit; case matters, as on AWS */
export function findUnitCode(unit: string): number | null {
  return CODES.get(unit) ?? null;
}

/** @throws RangeError when the code is none of ours */
export function nameUnit(code: number): string {
  const unit = UNITS[code];
  if (unit === undefined) throw new RangeError(`no unit has the code ${code}`);
  return unit;
}

/** Of data in several units GetMetricData shows one: the first of them in this order, found by asking AWS. */
const PREFERENCE: readonly (typeof UNITS)[number][] = [
  'Megabits',
  'Terabits',
  'Gigabits',
  'Count',
  'Bytes',
  'Gigabytes',
  'Gigabytes/Second',
  'Kilobytes',
  'Kilobits/Second',
  'Terabytes',
  'Terabits/Second',
  'Bytes/Second',
  'Percent',
  'Megabytes',
  'Megabits/Second',
  'Milliseconds',
  'Microseconds',
  'Kilobytes/Second',
  'Gigabits/Second',
  'Megabytes/Second',
  'Bits',
  'Bits/Second',
  'Count/Second',
  'Seconds',
  'Kilobits',
  'Terabytes/Second',
  'None',
];

/** In the order GetMetricData prefers them. @param codes as stored */
export function sortUnits(codes: Iterable<number>): readonly number[] {
  const rank = (code: number) => PREFERENCE.indexOf(UNITS[code] ?? 'None');
  return [...codes].sort((a, b) => rank(a) - rank(b));
}
