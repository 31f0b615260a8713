/** Metrics in the orders that are theirs: which come next, and where each stands. What is shown of them is not read. */
import type pg from 'pg';
import type { StoredBarRange } from '../bars/read-bars.ts';
import {
  type CountedPlaces,
  listMetricConditions,
  type MetricSelection,
  selectCount,
  splitTotal,
} from './select-metrics.ts';

export type PlainOrder = 'NAME' | 'CREATED' | 'LAST_TIMESTAMP';

/** What a metric is ordered by, a name or milliseconds since 1970, and its id, which decides between equals. */
export interface OrderedPlace {
  /** Null for a metric without samples, which counts as the oldest. */
  readonly value: string | number | null;
  readonly id: string;
}

interface Rule {
  /** One after the other. */
  readonly columns: readonly string[];
  /** The value of a place. */
  readonly shown: string;
  /** The value of a place as the columns have it. */
  readonly bound: (parameter: string) => readonly string[];
  /** The first is the greatest. */
  readonly descending: boolean;
}

const RULES: Readonly<Record<PlainOrder, Rule>> = {
  NAME: {
    // The index holds the beginning of a name: whole ones would not fit into it.
    columns: [beginningOf('m.name'), 'm.name'],
    shown: 'm.name',
    bound: (parameter) => [beginningOf(`${parameter}::text`), `${parameter}::text`],
    descending: false,
  },
  CREATED: orderByTime('m.created_at'),
  LAST_TIMESTAMP: orderByTime('p.last_timestamp'),
};

/** As the index metric_name_idx has it. */
function beginningOf(name: string): string {
  return `"left"(${name}, 200)`;
}

function orderByTime(column: string): Rule {
  const orOldest = (time: string) => `coalesce(${time}, '-infinity'::timestamptz)`;
  return {
    columns: [orOldest(column)],
    shown: `(extract(epoch FROM ${column}) * 1000)::float8`,
    bound: (parameter) => [orOldest(`to_timestamp(${parameter}::float8 / 1000)`)],
    descending: true,
  };
}

/** One page of the list, or from its end, then in reverse. One statement. */
export async function readOrderedMetrics(
  pool: pg.Pool,
  question: {
    readonly order: PlainOrder;
    readonly selection: MetricSelection;
    /** What `selection.leastScore` looks at. */
    readonly range: StoredBarRange;
    readonly after: OrderedPlace | null;
    readonly before: OrderedPlace | null;
    readonly limit: number;
    readonly fromEnd: boolean;
    /** Whether to count the whole list too. */
    readonly counted: boolean;
  },
): Promise<CountedPlaces<OrderedPlace>> {
  const { order, selection, range, after, before, limit, fromEnd, counted } = question;
  const { columns, shown, bound, descending } = RULES[order];
  const values: unknown[] = [];
  const bind = (value: unknown) => `$${values.push(value)}`;
  const [later, earlier] = descending ? ['<', '>'] : ['>', '<'];
  const beyond = (side: string | undefined, place: OrderedPlace | null) =>
    place === null
      ? []
      : [
          `(${columns.join(', ')}, m.id) ${side ?? later} (${bound(bind(place.value)).join(', ')}, ${bind(place.id)}::uuid)`,
        ];
  const conditions = [
    ...listMetricConditions(selection, range, bind),
    ...beyond(later, after),
    ...beyond(earlier, before),
  ];
  const direction = descending === fromEnd ? 'ASC' : 'DESC';
  const progress =
    order === 'LAST_TIMESTAMP' ? 'LEFT JOIN metric_progress p ON p.metric_number = m.number' : '';
  const total = counted ? `, (${selectCount(selection, range, bind)}) AS total` : '';
  const { rows } = await pool.query<OrderedPlace & { readonly total?: number }>(
    `SELECT m.id, ${shown} AS value ${total} FROM metric m ${progress} WHERE ${conditions.join(' AND ')}
     ORDER BY ${[...columns, 'm.id'].map((column) => `${column} ${direction}`).join(', ')} LIMIT ${bind(limit)}`,
    values,
  );
  return splitTotal(rows, after === null && before === null);
}
