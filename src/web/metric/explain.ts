/** Why a point is unusual, in one sentence. */
import type { PointFragment } from '../generated/graphql.ts';

const VIEWS = {
  LEVEL: 'The value itself is not where it was expected.',
  SILENCE: 'It repeats one value, or has gone flat, as it never did for so long.',
  TIME_OF_DAY: 'The value is unusual for this time of the day or of the week.',
  TREND: 'It has been rising or falling over the last hours as it does not usually.',
  VOLATILITY: 'It varies more, or less, than it usually does.',
} as const;

/** How many widths of the band away from it is far. */
const FAR = 2;

/**
 * A value outside of its band explains itself, whatever else is unusual too; within the band the view that judged it
 * has to. Null for what is not unusual.
 */
export function explainPoint(point: Pick<PointFragment, 'value' | 'expected' | 'view'>): string | null {
  const { value, expected, view } = point;
  if (view == null) return null;
  if (view === 'SILENCE' || expected == null) return VIEWS[view];
  const off = value > expected.high ? value - expected.high : value < expected.low ? value - expected.low : 0;
  if (off === 0) return VIEWS[view];
  const far = Math.abs(off) > FAR * (expected.high - expected.low) ? 'far ' : '';
  const side = off > 0 ? 'above' : 'below';
  const when = view === 'TIME_OF_DAY' ? ' at this time of the day or of the week' : '';
  return `The value is ${far}${side} everything that was expected${when}.`;
}
