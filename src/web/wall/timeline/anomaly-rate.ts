/** The anomaly rate of the wall: how many of its metrics were anomalous at each interval. */
import { type Bars, classOfBar } from '../bars.ts';

export interface Rate {
  readonly start: number;
  /** Metrics with a score that counts. */
  readonly scored: number;
  readonly yellow: number;
  readonly red: number;
}

/** One for each of the starts. */
export function measureRates(
  metrics: Iterable<{ readonly bars: Bars }>,
  starts: readonly number[],
): readonly Rate[] {
  const rates = starts.map((start) => ({ start, scored: 0, yellow: 0, red: 0 }));
  for (const { bars } of metrics) {
    for (const rate of rates) {
      const found = classOfBar(bars.get(rate.start));
      if (found !== 'NONE') rate.scored += 1;
      if (found === 'YELLOW') rate.yellow += 1;
      if (found === 'RED') rate.red += 1;
    }
  }
  return rates;
}

/** The newest interval that has scores, as one that has just begun has none; undefined where the one before has none either. */
export function findNow(rates: readonly Rate[]): Rate | undefined {
  return rates.slice(-2).findLast(({ scored }) => scored > 0);
}

/** A few of many have to be seen, too: a tenth of the height is drawn for any. In [0, 1]. */
export function heightOfRate({ scored, yellow, red }: Rate): number {
  return yellow + red === 0 ? 0 : Math.max(0.15, (yellow + red) / scored);
}

export function describeRate({ scored, yellow, red }: Rate): string {
  if (scored === 0) return 'no scores';
  const anomalous = yellow + red;
  if (anomalous === 0) return `none of ${scored} metrics anomalous`;
  return `${anomalous} of ${scored} ${scored === 1 ? 'metric' : 'metrics'} anomalous${red === 0 ? '' : `, ${red} critical`}`;
}
