/** Metrics with their labels, from the database, which holds their tags and says which of them an account sees. */
import { DATASOURCES, type Datasource } from '../../../model.ts';
import { readTags } from '../../metrics/stored-tags.ts';
import type { Queryable } from '../../samples/find-samples.ts';
import type { LabelMatcher } from './label-matcher.ts';
import { labelMetrics, type Labels, type MetricFacts, OWN_LABELS } from './series-labels.ts';
import { NAME_LABEL } from './parse-selector.ts';

interface StoredMetric extends MetricFacts {
  /** One that is not has no scores. */
  readonly isMonitored: boolean;
}

export interface ReadMetric {
  readonly number: number;
  readonly isMonitored: boolean;
  readonly labels: Labels;
}

interface MetricRow {
  readonly id: string;
  readonly number: number;
  readonly name: string;
  readonly server: string;
  readonly datasource: Datasource;
  readonly has_resource: boolean;
  readonly is_monitored: boolean;
  readonly account_id: number;
  readonly account_name: string;
  readonly tags: unknown;
  readonly resource_tags: unknown;
}

const READ_METRICS = `SELECT m.id, m.number, m.name, m.server, m.datasource, m.resource_id IS NOT NULL AS has_resource,
    m.status <> 'UNMONITORED' AS is_monitored, m.account_id, a.name AS account_name, m.tags, r.tags AS resource_tags
  FROM metric m JOIN account a ON a.id = m.account_id LEFT JOIN resource r ON r.id = m.resource_id`;

/** Those whose labels pass; the name of the series is not looked at. @param pool one account's, or everybody's */
export async function readMatchingMetrics(
  pool: Queryable,
  matchers: readonly LabelMatcher[],
): Promise<readonly ReadMetric[]> {
  const values: unknown[] = [];
  const conditions = listConditions(matchers, (value) => `$${values.push(value)}`);
  const where = conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`;
  const metrics = await readLabelled(pool, `${READ_METRICS}${where}`, values);
  const ofMetric = matchers.filter(({ label }) => label !== NAME_LABEL);
  return metrics.filter(({ labels }) =>
    ofMetric.every(({ label, matches }) => matches(labels.get(label) ?? '')),
  );
}

async function readLabelled(
  pool: Queryable,
  sql: string,
  values: readonly unknown[],
): Promise<readonly ReadMetric[]> {
  const { rows } = await pool.query<MetricRow>(sql, [...values]);
  return labelMetrics(rows.map(toFacts)).map(({ facts: { number, isMonitored }, labels }) => ({
    number,
    isMonitored,
    labels,
  }));
}

/**
 * What the database can leave out beforehand: it never leaves out one of several metrics that have the same labels, nor one
 * that passes.
 */
function listConditions(
  matchers: readonly LabelMatcher[],
  bind: (value: unknown) => string,
): readonly string[] {
  const equal = matchers.filter(({ operator, value }) => operator === '=' && value !== '');
  return equal.flatMap(({ label, value }) => {
    switch (label) {
      case NAME_LABEL:
      case OWN_LABELS.id:
        return [];
      case OWN_LABELS.metric: {
        // The name of a pushed series has its tags behind it, and its semicolons escaped, with backslashes before them.
        if (value.includes('\\;')) return [];
        const [plain, escaped] = [bind(value), bind(value.replaceAll(';', '\\;'))];
        return `(strpos(m.name, ${plain}) > 0 OR strpos(m.name, ${escaped}) > 0)`;
      }
      case OWN_LABELS.resource:
        return `m.server = ${bind(value)}`;
      case OWN_LABELS.source:
        return `m.datasource::text = ${bind(DATASOURCES.find((one) => one.toLowerCase() === value) ?? '')}`;
      case OWN_LABELS.account:
        return `a.name = ${bind(value)}`;
      default:
        return `strpos(concat(m.tags::text, r.tags::text), to_jsonb(${bind(value)}::text)::text) > 0`;
    }
  });
}

function toFacts(row: MetricRow): StoredMetric {
  return {
    id: row.id,
    number: row.number,
    name: row.name,
    server: row.server,
    datasource: row.datasource,
    hasResource: row.has_resource,
    isMonitored: row.is_monitored,
    account: { id: row.account_id, name: row.account_name },
    seriesTags: readTags(row.tags),
    resourceTags: readTags(row.resource_tags),
  };
}
