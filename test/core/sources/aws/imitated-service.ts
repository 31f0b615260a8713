/** The imitation of AWS with values that are put into it, as the contract wants it. */
import { startAwsImitation } from './imitation.ts';
import { THROTTLED, type Script, type ScriptedInstance, type ScriptedSeries } from './script.ts';
import type { AwsService, PutSeries } from './service.ts';
import { KEYS } from './start-aws-engine.ts';

const REGION = 'us-west-2';

export async function startImitatedService(): Promise<AwsService> {
  const stored = new Map<string, { readonly timestampMs: number; readonly values: readonly number[] }[]>();
  const listed: NonNullable<Script['metrics']>[number][] = [];
  const instances = new Map<string, readonly ScriptedInstance[]>();
  const volumes = new Map<string, readonly string[]>();
  let isFailing = false;
  const imitation = await startAwsImitation({
    valueAt: (series, timestampMs) => {
      const endMs = timestampMs + series.periodSeconds * 1000;
      const data = stored.get(keyOf(series)) ?? [];
      const values = data
        .filter((datum) => datum.timestampMs >= timestampMs && datum.timestampMs < endMs)
        .flatMap((datum) => datum.values);
      return values.length === 0 ? null : aggregate(series, values);
    },
    metrics: listed,
    instances,
    volumes,
    shuffled: true,
    pagePoints: 500,
    nextFault: () => (isFailing ? THROTTLED : null),
  });
  return {
    url: imitation.url,
    credentials: KEYS,
    region: REGION,
    put: (series, data) => {
      const key = keyOf(series);
      if (!stored.has(key)) listed.push({ ...series, region: REGION });
      stored.set(key, [...(stored.get(key) ?? []), ...data]);
      return Promise.resolve();
    },
    setInstances: (list) => {
      instances.set(REGION, list);
      return Promise.resolve();
    },
    setVolumes: (ids) => void volumes.set(REGION, ids),
    setFault: (fault) => {
      isFailing = fault !== null;
    },
    [Symbol.asyncDispose]: () => imitation[Symbol.asyncDispose](),
  };
}

function keyOf({ namespace, metric, dimensions }: PutSeries): string {
  const pairs = dimensions.map(({ name, value }) => `${name}=${value}`);
  return [namespace, metric, ...pairs.toSorted()].join(' ');
}

function aggregate({ statistic }: ScriptedSeries, values: readonly number[]): number {
  const sum = values.reduce((total, value) => total + value, 0);
  if (statistic === 'Sum') return sum;
  if (statistic === 'Maximum') return Math.max(...values);
  if (statistic === 'SampleCount') return values.length;
  return sum / values.length;
}
