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
