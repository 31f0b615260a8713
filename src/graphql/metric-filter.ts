/** Which metrics a list is of: the filter, for Prisma and for the ranking. */
import { type BarRange, chooseBarRange } from '../core/bar-window.ts';
import { leastScore } from '../core/score-filter.ts';
import { findUnusualMetrics, type MetricSelection } from '../db/rank-metrics.ts';
import { InvalidInputError } from '../errors.ts';
import type { Prisma } from '../generated/prisma/client.ts';
import { builder } from './builder.ts';
import type { Context } from './context.ts';
import { AnomalyClassRef, DatasourceRef, MetricStatusRef } from './enums.ts';
import { readAutostackId } from './node-id.ts';

export const MetricFilterRef = builder.inputType('MetricFilter', {
  description: 'Which metrics; all conditions have to hold.',
  fields: (t) => ({
    nameContains: t.string({ description: 'With this in their name, capitals or not.' }),
    datasource: t.field({ type: DatasourceRef, description: 'Of this source.' }),
    status: t.field({ type: MetricStatusRef, description: 'In this status.' }),
    server: t.string({ description: 'Of this resource, by its canonical name.' }),
    location: t.string({ description: 'In this region.' }),
    autostackId: t.id({ description: 'Of this autostack.' }),
    minClass: t.field({
      type: AnomalyClassRef,
      description: 'At least as unusual as this in the window, what was scored while learning left out.',
    }),
  }),
});

export type MetricFilter = typeof MetricFilterRef.$inferInput;

/** PostgreSQL takes no more values in one statement. */
const MOST_NUMBERS = 30_000;

/** @throws InvalidInputError for a bad id, and for a class that too many metrics have */
export async function toWhere(
  filter: MetricFilter,
  range: BarRange,
  { pool, caller }: Pick<Context, 'pool' | 'caller'>,
): Promise<Prisma.MetricWhereInput> {
  const { nameContains, datasource, status, server, location } = filter;
  const { autostackId, leastScore: least } = toSelection(filter, caller);
  return {
    ...(nameContains == null ? {} : { name: { contains: escapeLike(nameContains), mode: 'insensitive' } }),
    ...(datasource == null ? {} : { datasource }),
    ...(status == null ? {} : { status }),
    ...(server == null ? {} : { server }),
    ...(location == null ? {} : { location }),
    ...(autostackId === null ? {} : { autostackId }),
    ...(least === null ? {} : { number: { in: await findUnusual(pool, range, least) } }),
  };
}

/** What the caller may see of what the filter lets through. @throws InvalidInputError for a bad id */
export function toSelection(filter: MetricFilter, { accountId }: Context['caller']): MetricSelection {
  const { autostackId, minClass } = filter;
  return {
    accountId,
    nameContains: filter.nameContains ?? null,
    datasource: filter.datasource ?? null,
    status: filter.status ?? null,
    server: filter.server ?? null,
    location: filter.location ?? null,
    autostackId: autostackId == null ? null : readAutostackId(autostackId, ['filter', 'autostackId']),
    leastScore: minClass == null || minClass === 'NONE' ? null : leastScore({ minClass }),
  };
}

async function findUnusual(pool: Context['pool'], range: BarRange, least: number): Promise<number[]> {
  const numbers = await findUnusualMetrics(pool, range, least);
  if (numbers.length <= MOST_NUMBERS) return [...numbers];
  throw new InvalidInputError(
    `filter.minClass: ${numbers.length} metrics are that unusual, too many for this order; ask with orderBy: ANOMALY`,
    ['filter', 'minClass'],
  );
}

/** The window that ends now. */
export function chooseCurrentRange(window: Parameters<typeof chooseBarRange>[0]): BarRange {
  return chooseBarRange(window, Date.now());
}

/** Prisma hands `contains` to LIKE as it is, where % and _ would match anything. */
function escapeLike(text: string): string {
  return text.replace(/[\\%_]/g, '\\$&');
}
