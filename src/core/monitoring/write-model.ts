/** The rows behind a model that is to learn anew while its metric's scores stay. */
import type pg from 'pg';
import { DETECTOR_KINDS } from '../../detector/detector-kinds.ts';
import type { MetricStatus, ModelParams } from '../../model.ts';
import { inTransaction } from '../../platform/postgres/transaction.ts';
import { toDetectorParams } from '../metrics/model-params.ts';
import type { MetricEntry } from '../metrics/registry.ts';

/**
 * New parameters: the model is made anew from the stored samples before its next score, whose scores stay as they were.
 * To be called in the write lock; then the model in memory is to be discarded, and the registry to read the metric again.
 */
export async function writeModelParams(
  pool: pg.Pool,
  { number, scoredRows, scoredToMs }: MetricEntry,
  params: ModelParams,
  { status, learnsAnew }: { readonly status: MetricStatus; readonly learnsAnew: boolean },
): Promise<void> {
  await inTransaction(pool, async (client) => {
    await client.query('UPDATE metric SET model_params = $2, status = $3 WHERE number = $1', [
      number,
      JSON.stringify(params),
      status,
    ]);
    if (!learnsAnew || scoredRows === 0 || scoredToMs === null) return;
    // No detector has the version 0. A row is needed where there was none: without one the samples would be replayed as
    // if the model had always known the parameters, and give other scores than are stored.
    await client.query(
      `INSERT INTO model_checkpoint (metric_number, detector, version, scored_rows, "timestamp", state)
       VALUES ($1, $2, 0, $3, to_timestamp($4::float8 / 1000), '')
       ON CONFLICT (metric_number) DO UPDATE SET version = 0`,
      [number, DETECTOR_KINDS[0].name, scoredRows, scoredToMs],
    );
  });
}

/** What the model has learned is forgotten: it goes on after the newest scored sample as a new one. As above. */
export async function writeNewModel(pool: pg.Pool, entry: MetricEntry): Promise<void> {
  const { number, scoredToMs, lastRowId, lastTimestampMs, modelParams } = entry;
  if (scoredToMs === null) return;
  const [kind] = DETECTOR_KINDS;
  const state = kind.create(toDetectorParams(modelParams)).snapshot();
  await inTransaction(pool, async (client) => {
    await client.query(
      `INSERT INTO model_checkpoint (metric_number, detector, version, scored_rows, "timestamp", state)
       VALUES ($1, $2, $3, 0, to_timestamp($4::float8 / 1000), $5)
       ON CONFLICT (metric_number) DO UPDATE SET detector = EXCLUDED.detector, version = EXCLUDED.version,
         scored_rows = 0, "timestamp" = EXCLUDED."timestamp", state = EXCLUDED.state, created_at = now()`,
      [number, kind.name, kind.version, scoredToMs, Buffer.from(state)],
    );
    await client.query(
      `UPDATE metric_progress SET scored_rows = 0, scored_to = to_timestamp($2::float8 / 1000),
         last_row_id = greatest(last_row_id, $3),
         last_timestamp = greatest(last_timestamp, to_timestamp($4::float8 / 1000))
       WHERE metric_number = $1`,
      [number, scoredToMs, lastRowId, lastTimestampMs],
    );
  });
}
