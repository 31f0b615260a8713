/** CloudWatch's part of the imitation. */
import type { Script, ScriptedSeries } from './script.ts';

interface Question {
  readonly MetricDataQueries: readonly {
    readonly Id: string;
    readonly MetricStat: {
      readonly Metric: {
        readonly Namespace: string;
        readonly MetricName: string;
        readonly Dimensions?: readonly { readonly Name: string; readonly Value: string }[];
      };
      readonly Period: number;
      readonly Stat: string;
    };
  }[];
  readonly StartTime: number;
  readonly EndTime: number;
  readonly MaxDatapoints?: number;
  readonly NextToken?: string;
}

const AWS_PAGE_POINTS = 100_800;
const LIST_PAGE = 500;

/** All of a window's points stand in one line, series by series; a token is a place in it. */
export function answerGetMetricData(script: Script, region: string, body: unknown, isHalf: boolean): object {
  const question = body as Question;
  const pagePoints = Math.min(
    script.pagePoints ?? AWS_PAGE_POINTS,
    question.MaxDatapoints ?? AWS_PAGE_POINTS,
  );
  const start = Number(question.NextToken ?? '0');
  let place = 0;
  let isCut = false;
  const results: object[] = [];
  for (const query of question.MetricDataQueries) {
    const points = listPoints(
      script,
      toSeries(region, query),
      question.StartTime * 1000,
      question.EndTime * 1000,
    );
    const from = Math.min(points.length, Math.max(0, start - place));
    const to = Math.min(points.length, Math.max(0, start + pagePoints - place));
    place += points.length;
    const page = points.slice(from, to);
    if (script.shuffled === true) page.reverse();
    const isWhole = to === points.length;
    isCut ||= !isWhole;
    // AWS leaves series out of pages they have nothing on.
    if (page.length === 0 && (points.length > 0 || start > 0)) continue;
    results.push({
      Id: query.Id,
      Label: query.MetricStat.Metric.MetricName,
      StatusCode: isWhole && !isHalf ? 'Complete' : 'PartialData',
      Timestamps: page.map(([timestampMs]) => timestampMs / 1000),
      Values: page.map(([, value]) => value),
    });
  }
  // Half a page: values are missing, and no token says how to get them.
  if (isHalf) return { MetricDataResults: results.slice(0, Math.ceil(results.length / 2)), Messages: [] };
  return {
    MetricDataResults: results,
    Messages: [],
    ...(isCut ? { NextToken: String(start + pagePoints) } : {}),
  };
}

export function answerListMetrics(script: Script, region: string, body: unknown): object {
  const question = body as {
    readonly Namespace?: string;
    readonly MetricName?: string;
    readonly Dimensions?: readonly { readonly Name: string }[];
    readonly NextToken?: string;
  };
  const { Namespace, MetricName, Dimensions = [], NextToken } = question;
  const { emptyPages = 0 } = script;
  const place = Number(NextToken ?? '0');
  if (place < emptyPages) return { Metrics: [], NextToken: String(place + 1) };
  const start = place - emptyPages;
  const found = (script.metrics ?? []).filter(
    (metric) =>
      metric.region === region &&
      (Namespace === undefined || metric.namespace === Namespace) &&
      (MetricName === undefined || metric.metric === MetricName) &&
      Dimensions.every(({ Name }) => metric.dimensions.some(({ name }) => name === Name)),
  );
  const page = found.slice(start, start + LIST_PAGE);
  return {
    Metrics: page.map(({ namespace, metric, dimensions }) => ({
      Namespace: namespace,
      MetricName: metric,
      Dimensions: dimensions.map(({ name, value }) => ({ Name: name, Value: value })),
    })),
    ...(start + LIST_PAGE < found.length ? { NextToken: String(place + LIST_PAGE) } : {}),
  };
}

function toSeries(region: string, { MetricStat }: Question['MetricDataQueries'][number]): ScriptedSeries {
  const { Namespace, MetricName, Dimensions = [] } = MetricStat.Metric;
  return {
    region,
    namespace: Namespace,
    metric: MetricName,
    dimensions: Dimensions.map(({ Name, Value }) => ({ name: Name, value: Value })),
    statistic: MetricStat.Stat,
    periodSeconds: MetricStat.Period,
  };
}

function listPoints(
  script: Script,
  series: ScriptedSeries,
  fromMs: number,
  toMs: number,
): [number, number][] {
  const periodMs = series.periodSeconds * 1000;
  const points: [number, number][] = [];
  for (let timeMs = Math.ceil(fromMs / periodMs) * periodMs; timeMs < toMs; timeMs += periodMs) {
    const value = script.valueAt(series, timeMs);
    if (value !== null) points.push([timeMs, value]);
  }
  return points;
}
