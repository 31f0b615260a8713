/** Why a point is anomalous, in one sentence. */
import type { PointFragment } from '../../generated/graphql.ts';

const ASPECTS = {
  LEVEL: 'This value is within the expected range; the last ones together are anomalous.',
  SILENCE: 'The value has been stuck (flat) longer than ever before.',
  TIME_OF_DAY: 'The value is anomalous for this time of day or week.',
  TREND: 'The trend of the last hours is anomalous.',
  VOLATILITY: 'The variability is anomalously high or low.',
} as const;

/** How many widths of the band away from it is far. */
const FAR = 2;

/**
 * A value outside of its band explains itself, whatever else is anomalous too; within the band the aspect that was anomalous
 * has to. Null for what is normal.
 */
export function explainPoint(point: Pick<PointFragment, 'value' | 'expected' | 'aspect'>): string | null {
  const { value, expected, aspect } = point;
  if (aspect == null) return null;
  if (aspect === 'SILENCE' || expected == null) return ASPECTS[aspect];
  const off = value > expected.high ? value - expected.high : value < expected.low ? value - expected.low : 0;
  if (off === 0) return ASPECTS[aspect];
  const far = Math.abs(off) > FAR * (expected.high - expected.low) ? 'far ' : '';
  const side = off > 0 ? 'above' : 'below';
  const when = aspect === 'TIME_OF_DAY' ? ' for this time of day or week' : '';
  return `The value is ${far}${side} the expected range${when}.`;
}
