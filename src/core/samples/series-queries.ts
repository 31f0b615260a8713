/** How the points of a chart are read that are rows. */

/** Bounds of the sample's time, in ms: $2 and $3 are the open or closed ends. */
export const IN_RANGE = `"timestamp" >= coalesce(to_timestamp($2::float8 / 1000), '-infinity')
  AND "timestamp" <= coalesce(to_timestamp($3::float8 / 1000), 'infinity')`;

/** As JSON, which is read several times faster than rows. Times are whole milliseconds: rounding brings them back. */
const AS_COLUMNS = `metric_number,
  json_agg(round(date_part('epoch', "timestamp") * 1000) ORDER BY "timestamp") AS "timestampsMs",
  json_agg(value ORDER BY "timestamp") AS values, json_agg(score ORDER BY "timestamp") AS scores,
  json_agg(expected ORDER BY "timestamp") AS expected, json_agg(low ORDER BY "timestamp") AS lows,
  json_agg(high ORDER BY "timestamp") AS highs`;

/** The rows of planned points. @param first the number of the first of five parameters; the sixth one is the anomaly score */
export const planRows = (numbers: string, first: number) => `
  WITH plan AS (
    SELECT number, first_ms, last_ms, to_timestamp(first_ms / 1000) AS first, to_timestamp(last_ms / 1000) AS last,
           buckets, anomalies
    FROM unnest(${numbers}::int[], $${first}::float8[], $${first + 1}::float8[], $${first + 2}::int[], $${first + 3}::int[])
      AS plan (number, first_ms, last_ms, buckets, anomalies)
  ), kept AS (
    SELECT plan.number, anomaly."timestamp" FROM plan CROSS JOIN LATERAL (
      SELECT "timestamp" FROM sample
      WHERE metric_number = plan.number AND "timestamp" BETWEEN plan.first AND plan.last AND score >= $${first + 4}::float8
      ORDER BY score DESC, "timestamp" LIMIT plan.anomalies
    ) AS anomaly
    UNION
    SELECT plan.number, to_timestamp(unnest(ARRAY[extremes.lowest[2], extremes.highest[2]]) / 1000)
    FROM plan CROSS JOIN LATERAL (
      -- Arrays compare by their first element: the second says when it was.
      SELECT min(ARRAY[value, ms]) AS lowest, max(ARRAY[value, ms]) AS highest
      FROM (
        SELECT value, (extract(epoch FROM "timestamp") * 1000)::float8 AS ms FROM sample
        WHERE plan.buckets > 0 AND metric_number = plan.number AND "timestamp" BETWEEN plan.first AND plan.last
      ) AS timed
      GROUP BY floor((ms - plan.first_ms) / (plan.last_ms - plan.first_ms + 1) * plan.buckets)
    ) AS extremes
  )
  SELECT ${AS_COLUMNS}
  FROM (
    SELECT sample.* FROM kept
    JOIN sample ON sample.metric_number = kept.number AND sample."timestamp" = kept."timestamp"
    ORDER BY metric_number, sample."timestamp"
  ) AS point
  GROUP BY metric_number`;

export const READ_ALL = `
  SELECT ${AS_COLUMNS}
  FROM (
    SELECT * FROM sample WHERE metric_number = ANY($1::int[]) AND ${IN_RANGE} ORDER BY metric_number, "timestamp"
  ) AS point
  GROUP BY metric_number`;

const LOWEST = `coalesce(to_timestamp($2::float8 / 1000), '-infinity')`;
const HIGHEST = `coalesce(to_timestamp($3::float8 / 1000), 'infinity')`;
const BLOCKS_IN_RANGE = `last_timestamp >= ${LOWEST} AND first_timestamp <= ${HIGHEST}
  AND first_timestamp >= coalesce(to_timestamp($4::float8 / 1000), '-infinity')`;

/** Those of the metrics $1 that have blocks in the range. */
export const FIND_PACKED = `SELECT number FROM unnest($1::int[]) AS number
  WHERE EXISTS (SELECT FROM sample_block WHERE metric_number = number AND ${BLOCKS_IN_RANGE})`;

/** What is known of the rows of metrics, and of their blocks. */
export const READ_EXTENTS = `
  SELECT metric_number, false AS is_block, count(*)::int AS rows,
    (count(*) FILTER (WHERE score >= $5::float8))::int AS anomalies,
    (extract(epoch FROM min("timestamp")) * 1000)::float8 AS first_ms,
    (extract(epoch FROM max("timestamp")) * 1000)::float8 AS last_ms,
    0::float8 AS min_value, 0::float8 AS max_value, NULL::bytea AS data
  FROM sample WHERE metric_number = ANY($1::int[]) AND "timestamp" >= ${LOWEST} AND "timestamp" <= ${HIGHEST}
  GROUP BY metric_number
  UNION ALL
  SELECT metric_number, true, rows, 0, (extract(epoch FROM first_timestamp) * 1000)::float8,
    (extract(epoch FROM last_timestamp) * 1000)::float8, min_value, max_value,
    CASE WHEN max_score >= $5::float8 OR first_timestamp < ${LOWEST} OR last_timestamp > ${HIGHEST} THEN data END
  FROM sample_block WHERE metric_number = ANY($1::int[]) AND ${BLOCKS_IN_RANGE}
  ORDER BY metric_number, first_ms`;

const NO_ROWS = 'NULL, NULL, NULL, NULL, NULL, NULL';

/** All rows and blocks in the range. */
export const READ_SHORT = `SELECT found.*, NULL::bytea AS data, NULL::int AS blocks FROM (${READ_ALL}) AS found
  UNION ALL
  SELECT metric_number, ${NO_ROWS}, data, NULL
  FROM sample_block WHERE metric_number = ANY($1::int[]) AND ${BLOCKS_IN_RANGE}`;

/** $5 and $6 say which blocks, the rest how rows are chosen. */
export const READ_CHOSEN = `SELECT chosen.*, NULL::bytea AS data, NULL::int AS blocks FROM (${planRows('$1', 7)}) AS chosen
  UNION ALL
  SELECT metric_number, ${NO_ROWS}, data, NULL
  FROM unnest($5::int[], $6::float8[]) AS needed (number, first_ms)
  JOIN sample_block ON metric_number = number AND first_timestamp = to_timestamp(first_ms / 1000)
  UNION ALL
  SELECT metric_number, ${NO_ROWS}, NULL, count(*)::int
  FROM sample_block WHERE metric_number = ANY($1::int[]) AND ${BLOCKS_IN_RANGE} GROUP BY metric_number`;
