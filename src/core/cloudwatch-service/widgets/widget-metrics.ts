/** The rows of a widget's `metrics` as queries of GetMetricData, each with how it is drawn. */
import {
  checkDataQueries,
  type DATA_QUERIES_SHAPE,
  type DataQuery,
  type QueryRules,
} from '../metrics/data-query.ts';
import type { Infer } from '../model/shape.ts';
import { refuse, type Rendering, type Widget } from './widget-shape.ts';

export interface WidgetMetrics {
  readonly queries: ReadonlyMap<string, DataQuery>;
  /** By id of the query; what the widget does not say is absent. */
  readonly renderings: ReadonlyMap<string, Rendering>;
}

type RawQuery = Infer<typeof DATA_QUERIES_SHAPE>[number];
type Row = NonNullable<Widget['metrics']>[number];

const DEFAULT_PERIOD_SECONDS = 300;
const DEFAULT_STATISTIC = 'Average';

/** @throws CloudwatchError naming the row and what is wrong with it */
export function readMetrics(widget: Widget, rules: QueryRules): WidgetMetrics {
  const rows = (widget.metrics ?? []).map(splitRow);
  const known = new Set(rows.flatMap(({ rendering }) => rendering.id ?? []));
  const renderings = new Map<string, Rendering>();
  const raw: RawQuery[] = [];
  let previous: readonly string[] = [];
  let number = 0;
  for (const [i, { names, rendering }] of rows.entries()) {
    let { id } = rendering;
    while (id === undefined) {
      number += 1;
      if (!known.has(`m${number}`)) id = `m${number}`;
    }
    renderings.set(id, rendering);
    if (rendering.expression !== undefined) {
      raw.push(askExpression(id, rendering, widget));
      continue;
    }
    const whole = expandNames(names, previous, `metrics/${i}`);
    raw.push(askMetric(id, whole, rendering, widget));
    previous = whole;
  }
  return { queries: checkDataQueries(raw, 'MetricWidget.metrics', rules), renderings };
}

function splitRow(row: Row, i: number): { readonly names: readonly string[]; readonly rendering: Rendering } {
  const last = row.at(-1);
  const hasRendering = typeof last === 'object';
  const names = (hasRendering ? row.slice(0, -1) : row).map((name) => {
    if (typeof name === 'string') return name;
    throw refuse(
      `The metric widget is invalid: /metrics/${i} should have its rendering properties at its end`,
    );
  });
  return { names, rendering: hasRendering ? last : {} };
}

/**
 * `.` stands for what the row before has at that place, `...` for as many of its names as make both equally long.
 * @param previous the row before, whole
 */
function expandNames(names: readonly string[], previous: readonly string[], path: string): readonly string[] {
  const dots = names.indexOf('...');
  const filled =
    dots < 0
      ? names
      : names.toSpliced(
          dots,
          1,
          ...previous.slice(dots, Math.max(dots, previous.length - (names.length - dots - 1))),
        );
  const whole = filled.map((name, i) => (name === '.' ? (previous[i] ?? '') : name));
  if (whole.length < 2 || whole.length % 2 !== 0 || whole.includes('')) {
    throw refuse(
      `The metric widget is invalid: /${path} should be a namespace, a metric name, and names and values of dimensions`,
    );
  }
  return whole;
}

function askExpression(
  id: string,
  { expression, label, period, visible, accountId }: Rendering,
  widget: Widget,
): RawQuery {
  return {
    Id: id,
    Expression: expression,
    Label: label,
    Period: period ?? widget.period,
    ReturnData: visible ?? true,
    AccountId: accountId,
  };
}

function askMetric(id: string, names: readonly string[], rendering: Rendering, widget: Widget): RawQuery {
  const [Namespace, MetricName, ...pairs] = names;
  const Dimensions = pairs.flatMap((Name, i) => (i % 2 === 0 ? [{ Name, Value: pairs[i + 1] }] : []));
  return {
    Id: id,
    MetricStat: {
      Metric: { Namespace, MetricName, Dimensions },
      Period: rendering.period ?? widget.period ?? DEFAULT_PERIOD_SECONDS,
      Stat: rendering.stat ?? widget.stat ?? DEFAULT_STATISTIC,
    },
    Label: rendering.label,
    ReturnData: rendering.visible ?? true,
    AccountId: rendering.accountId,
  };
}
