import { describeRarity, formatExpected } from '../../parts/format-number.ts';
import { formatTime } from '../../parts/format-time.ts';
import { useZone } from '../../parts/preferences.ts';
import type { Columns } from './columns.ts';

/** The point under the pointer, in words; the newest one otherwise. */
export function ChartReading(props: {
  readonly columns: Columns;
  /** In seconds; null for the newest. */
  readonly pointed: number | null;
  readonly unit: string | null;
  /** By the model of the metric. */
  readonly seenPoints: number;
}) {
  const { columns, pointed, unit, seenPoints } = props;
  const zone = useZone();
  const at = columns.times.findLastIndex((time) => pointed === null || time <= pointed);
  const [time, value] = [columns.times[at], columns.values[at]];
  if (time === undefined || value == null) return <p className="reading">&nbsp;</p>;
  const [low, high, score] = [columns.low[at], columns.high[at], columns.scores[at]];
  const written = formatExpected(value, { low: low ?? value, high: high ?? value }, unit);
  return (
    <p className="reading">
      <span>{formatTime(time * 1000, zone, 'second')}</span>
      <strong>{written.value}</strong>
      {low == null || high == null ? null : <span>expected {written.range}</span>}
      {score == null ? <span>not scored</span> : <span>{describeRarity(score, seenPoints)}</span>}
    </p>
  );
}
