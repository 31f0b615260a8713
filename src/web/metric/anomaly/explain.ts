/** Why a point is anomalous, in one sentence, and by how much. */
import type { PointFragment } from '../../generated/graphql.ts';
import { formatValue } from '../../parts/format-number.ts';

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
export function explainPoint(
  point: Pick<PointFragment, 'value' | 'expected' | 'aspect' | 'anomalyClass'>,
): string | null {
  const { value, expected, aspect, anomalyClass } = point;
  // Every point has its most anomalous aspect, however normal it is.
  if (aspect == null || (anomalyClass !== 'YELLOW' && anomalyClass !== 'RED')) return null;
  if (aspect === 'SILENCE' || expected == null) return ASPECTS[aspect];
  const off = value > expected.high ? value - expected.high : value < expected.low ? value - expected.low : 0;
  if (off === 0) return ASPECTS[aspect];
  const far = Math.abs(off) > FAR * (expected.high - expected.low) ? 'far ' : '';
  const side = off > 0 ? 'above' : 'below';
  const when = aspect === 'TIME_OF_DAY' ? ' for this time of day or week' : '';
  return `The value is ${far}${side} the expected range${when}.`;
}

/** Between these a share of what was expected says something: in per cent. */
const [MIN_SHARE, MAX_SHARE] = [0.01, 1e6];

export function describeDeviation(value: number, expected: number, unit: string | null): string {
  const off = value - expected;
  if (off === 0) return formatValue(0, unit);
  const sign = off > 0 ? '+' : '−';
  const percent = Math.abs(off / expected) * 100;
  const share =
    percent >= MIN_SHARE && percent <= MAX_SHARE ? ` (${sign}${formatValue(percent, 'Percent')})` : '';
  return `${sign}${formatValue(Math.abs(off), unit)}${share}`;
}
