-- Bounds that were learned are marked, so that no model takes them for given. Until now they were stored like given
-- ones. They are told apart by what they were made of: the smallest and the largest value of the first rows, with a
-- fifth of their range on either side, so that both lie a seventh of the bounds' range inside.
UPDATE "metric" m
SET "model_params" = m."model_params" || '{"learned": true}'::jsonb
FROM (
  SELECT "number", ("model_params"->>'min')::float8 AS low, ("model_params"->>'max')::float8 AS high
  FROM "metric"
  WHERE "model_params" ? 'min' AND "model_params" ? 'max'
) b
WHERE b."number" = m."number"
  AND EXISTS (
    SELECT FROM (
      SELECT min(f."value") AS lowest, max(f."value") AS highest
      FROM (
        SELECT s."value" FROM "sample" s WHERE s."metric_number" = m."number" ORDER BY s."timestamp" LIMIT 288
      ) f
    ) r
    WHERE abs(r.lowest - b.low - (b.high - b.low) / 7) <= 1e-6 * abs(b.high - b.low)
      AND (abs(b.high - r.highest - (b.high - b.low) / 7) <= 1e-6 * abs(b.high - b.low) OR r.highest = r.lowest)
  );
