import { formatValue } from '../parts/format-number.ts';
import { listRates, type Reading } from './rates.ts';

const RATES = [
  ['points_accepted', 'Points stored'],
  ['points_scored', 'Points scored'],
  ['scores_sent', 'Scores delivered'],
  ['requests', 'Requests'],
  ['source_reads', 'Source readings'],
] as const;

const LAGS = [
  ['ingest_queue_points', 'Ingest queue', ''],
  ['bars_lag', 'Bar aggregation lag', 'scores'],
  ['poll_lag_seconds', 'Source lag', 's'],
] as const;

/** How much goes through, and how far behind anything is. */
export function RateTiles({ readings }: { readonly readings: readonly Reading[] }) {
  const last = readings.at(-1);
  return (
    <section className="tiles" aria-label="Rates and lag">
      {RATES.map(([name, title]) => {
        const rates = listRates(readings, name);
        return (
          <div key={name} className="card tile">
            <h2>{title}</h2>
            <strong>{rates.length === 0 ? '–' : `${formatValue(rates.at(-1) ?? 0)} /s`}</strong>
            <SparkLine values={rates} />
          </div>
        );
      })}
      {LAGS.map(([name, title, unit]) => (
        <div key={name} className="card tile">
          <h2>{title}</h2>
          <strong>{last === undefined ? '–' : formatValue(last.values.get(name) ?? 0, unit)}</strong>
          <SparkLine values={readings.map(({ values }) => values.get(name) ?? 0)} />
        </div>
      ))}
    </section>
  );
}

/** The last minutes of a number, without axes. */
function SparkLine({ values }: { readonly values: readonly number[] }) {
  const most = Math.max(1e-9, ...values);
  const width = 120;
  const height = 28;
  const step = width / Math.max(1, values.length - 1);
  const points = values.map(
    (value, index) =>
      `${(index * step).toFixed(1)},${(height - 1 - (value / most) * (height - 2)).toFixed(1)}`,
  );
  return (
    <svg className="spark" viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" aria-hidden="true">
      <polyline points={points.join(' ')} />
    </svg>
  );
}
