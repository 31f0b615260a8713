/** New parameters for a model, and a model that begins anew: the scores a metric has stay as they are. */
import { isDeepStrictEqual } from 'node:util';
import type pg from 'pg';
import { clipSpans } from '../../detector/excluded-times.ts';
import { InvalidInputError } from '../../errors.ts';
import type { ModelParams } from '../../model.ts';
import { checkModelParams } from '../metrics/model-params.ts';
import type { MetricEntry, Registry } from '../metrics/registry.ts';
import type { ModelCache } from '../models/model-cache.ts';
import type { ModelChange } from './metric-change.ts';
import { writeModelParams, writeNewModel } from './write-model.ts';
import { firstStatus } from './write-status.ts';

interface ModelParts {
  readonly pool: pg.Pool;
  readonly models: Pick<ModelCache, 'discard'>;
  readonly registry: Pick<Registry, 'load'>;
}

/**
 * In the write lock. @returns whether anything changed
 * @throws InvalidInputError
 */
export async function changeModel(
  { pool, models, registry }: ModelParts,
  entry: MetricEntry,
  change: ModelChange,
): Promise<boolean> {
  requireMonitored(entry);
  const params = applyModelChange(entry.modelParams, change);
  if (isDeepStrictEqual(params, entry.modelParams)) return false;
  const isWaiting = entry.status === 'PENDING_DATA';
  const status = isWaiting ? firstStatus(params, entry.lastRowId) : entry.status;
  const learnsAnew = !knowsAlike(params, entry.modelParams, entry.scoredToMs);
  await writeModelParams(pool, entry, params, { status, learnsAnew });
  if (learnsAnew) models.discard([entry.number]);
  await registry.load([entry.number]);
  return true;
}

/** Whether they differ in excluded times alone, and in none of those a model has seen that was scored up to a time. */
function knowsAlike(a: ModelParams, b: ModelParams, scoredToMs: number | null): boolean {
  const [seenA, seenB] = [a, b].map(({ excludedTimes = [], ...rest }) => ({
    ...rest,
    seen: clipSpans(excludedTimes, scoredToMs ?? -Infinity),
  }));
  return isDeepStrictEqual(seenA, seenB);
}

/** In the write lock. @throws InvalidInputError */
export async function restartModel(
  { pool, models, registry }: ModelParts,
  entry: MetricEntry,
): Promise<void> {
  requireMonitored(entry);
  await writeNewModel(pool, entry);
  models.discard([entry.number]);
  await registry.load([entry.number]);
}

/** @throws InvalidInputError */
function requireMonitored({ id, status }: MetricEntry): void {
  if (status !== 'UNMONITORED') return;
  throw new InvalidInputError(`id: expected a monitored metric, ${id} is not monitored`, ['input', 'id']);
}

/**
 * The parameters a metric has after a change. Bounds that the source or the first samples gave are no half of those a
 * person gives.
 * @throws InvalidInputError
 */
function applyModelChange(known: ModelParams, change: ModelChange): ModelParams {
  const { min, max, boundsFrom, ...rest } = known;
  const keepsBounds = change.min === undefined && change.max === undefined;
  const given = boundsFrom === undefined ? { min, max } : {};
  const bounds = keepsBounds
    ? { min, max, boundsFrom }
    : { ...given, ...definedOf({ min: change.min, max: change.max }) };
  const { minResolution, timeZone, valueKind, excludedTimes } = change;
  const others = definedOf({ minResolution, timeZone, valueKind, excludedTimes });
  return checkModelParams(withoutNulls({ ...bounds, ...rest, ...others }), ['input', 'model']);
}

function definedOf<T extends object>(change: T): Partial<T> {
  const defined = Object.entries(change).filter(([, value]) => value !== undefined);
  // The entries are those of `change`, less what is undefined.
  return Object.fromEntries(defined) as Partial<T>;
}

type Nullable<T> = { readonly [Key in keyof T]: T[Key] | null | undefined };

function withoutNulls(params: Nullable<ModelParams>): ModelParams {
  return Object.fromEntries(Object.entries(params).filter(([, value]) => value != null));
}
