/** What is drawn of the wall: rows of resources, with the rows of their metrics below those that are open. */
import type { AnomalyClass, Datasource, MetricStatus } from '../generated/graphql.ts';
import { type Bars, classOfBar, weighBars, worseBar, worstClass } from './bars.ts';
import type { Wall, WallMetric } from './wall-state.ts';

export interface WallRow {
  readonly key: string;
  readonly title: string;
  /** What is below the title, quieter. */
  readonly detail: string;
  /** The metric that is named in it, or that it is; null where there are several and none stands out. */
  readonly named: WallMetric | null;
  readonly datasource: Datasource;
  readonly status: MetricStatus;
  readonly learned: number;
  readonly bars: Bars;
  readonly level: 1 | 2;
  /** Null where there is nothing to open. */
  readonly isOpen: boolean | null;
  /** What it is made of, the most anomalous first; one for a metric's own row. */
  readonly metrics: readonly WallMetric[];
}

export interface WallView {
  readonly text: string;
  /** Empty for all. */
  readonly datasource: string;
  /** The least that is shown. */
  readonly least: 'ALL' | 'YELLOW' | 'RED';
  readonly order: 'ANOMALY' | 'NAME';
  /** Keys of the rows that were turned: opened, or closed where there is only one and it is open by itself. */
  readonly turned: ReadonlySet<string>;
}

/** @param starts of the intervals that are shown */
export function listRows(wall: Wall, view: WallView, starts: readonly number[]): readonly WallRow[] {
  const groups = new Map<string, WallMetric[]>();
  for (const metric of wall.metrics.values()) {
    const known = groups.get(metric.server);
    if (known === undefined) groups.set(metric.server, [metric]);
    else known.push(metric);
  }
  const rows = [...groups.values()]
    .map((metrics) => summarize(metrics, starts, (key) => view.turned.has(key) !== (groups.size === 1)))
    .filter((row) => matches(row, view, starts));
  const order = view.order === 'NAME' ? byTitle : byWeight(starts);
  return rows.sort(order).flatMap((row) => [row, ...(row.isOpen === true ? row.metrics.map(detailRow) : [])]);
}

/** The metric that is the reason for a row's bar at this time. */
export function findReason(row: WallRow, start: number): WallMetric | undefined {
  const worst = row.bars.get(start);
  return row.metrics.find(({ bars }) => bars.get(start)?.score === worst?.score) ?? row.metrics[0];
}

function summarize(
  metrics: readonly WallMetric[],
  starts: readonly number[],
  isOpen: (key: string) => boolean,
): WallRow {
  const sorted = [...metrics].sort(
    (a, b) => weighBars(b.bars, starts) - weighBars(a.bars, starts) || a.name.localeCompare(b.name),
  );
  const [first] = sorted;
  if (first === undefined) throw new Error('a row of the wall has at least one metric');
  if (sorted.length === 1)
    return { ...detailRow(first), level: 1, title: titleOf(first), detail: detailOf(first) };
  const bars = new Map(first.bars);
  for (const { bars: others } of sorted.slice(1)) {
    for (const [start, bar] of others) bars.set(start, worseBar(bars.get(start), bar));
  }
  const named = weighBars(first.bars, starts) > 0 ? first : null;
  const names =
    named === null ? `${sorted.length} metrics` : `${sorted.length} metrics · worst: ${named.name}`;
  return {
    key: first.server,
    title: first.serverName ?? first.server,
    detail: `${names}${first.serverName === null ? '' : ` · ${first.server}`}`,
    named,
    datasource: first.datasource,
    status: worstStatus(sorted),
    learned: Math.min(...sorted.map(({ learned }) => learned)),
    bars,
    level: 1,
    isOpen: isOpen(first.server),
    metrics: sorted,
  };
}

function titleOf({ name, server, serverName }: WallMetric): string {
  return name === server ? name : (serverName ?? server);
}

function detailOf({ name, server }: WallMetric): string {
  return name === server ? '' : name;
}

function detailRow(metric: WallMetric): WallRow {
  return {
    key: metric.id,
    title: metric.name,
    detail: '',
    named: metric,
    datasource: metric.datasource,
    status: metric.status,
    learned: metric.learned,
    bars: metric.bars,
    level: 2,
    isOpen: null,
    metrics: [metric],
  };
}

const STATUSES: readonly MetricStatus[] = [
  'ERROR',
  'CREATE_PENDING',
  'PENDING_DATA',
  'ACTIVE',
  'UNMONITORED',
];

function worstStatus(metrics: readonly WallMetric[]): MetricStatus {
  return STATUSES.find((known) => metrics.some(({ status }) => status === known)) ?? 'UNMONITORED';
}

function matches(row: WallRow, view: WallView, starts: readonly number[]): boolean {
  if (view.datasource !== '' && row.datasource !== view.datasource) return false;
  const wanted = view.text.trim().toLowerCase();
  const texts = [row.title, row.detail, ...row.metrics.map(({ name }) => name)];
  if (wanted !== '' && !texts.some((text) => text.toLowerCase().includes(wanted))) return false;
  const least: readonly AnomalyClass[] | null =
    view.least === 'ALL' ? null : view.least === 'RED' ? ['RED'] : ['RED', 'YELLOW'];
  return least === null || least.includes(worstClass(row.bars, starts));
}

function byTitle(a: WallRow, b: WallRow): number {
  return a.title.localeCompare(b.title, undefined, { numeric: true }) || a.key.localeCompare(b.key);
}

/** Rows that are equally anomalous stay in the order of their names: nothing moves without a reason. */
function byWeight(starts: readonly number[]): (a: WallRow, b: WallRow) => number {
  const weights = new Map<WallRow, number>();
  const weigh = (row: WallRow) => {
    const known = weights.get(row) ?? weighBars(row.bars, starts);
    weights.set(row, known);
    return known;
  };
  return (a, b) => weigh(b) - weigh(a) || byTitle(a, b);
}

/** The row's bars in words. */
export function describeBars(
  row: WallRow,
  starts: readonly number[],
  formatStart: (ms: number) => string,
): string {
  const classes = starts.map((start) => classOfBar(row.bars.get(start)));
  const reds = classes.filter((found) => found === 'RED').length;
  const yellows = classes.filter((found) => found === 'YELLOW').length;
  if (reds + yellows > 0) {
    const last = classes.findLastIndex((found) => found === 'RED' || found === 'YELLOW');
    const counts = [reds > 0 ? `${reds} critical` : '', yellows > 0 ? `${yellows} warning` : ''].filter(
      (part) => part !== '',
    );
    return `${counts.join(', ')}, last ${formatStart(starts[last] ?? 0)}`;
  }
  if (classes.includes('GREEN')) return 'normal';
  return starts.some((start) => row.bars.has(start)) ? 'learning' : 'no data';
}
