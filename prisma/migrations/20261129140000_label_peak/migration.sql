-- A label moves the threshold for what resembles its most anomalous point. Deviations are bounded: a difference of two
-- values near the largest double would overflow.
ALTER TABLE "anomaly_label"
  ADD COLUMN "peak_time" TIMESTAMPTZ(3),
  ADD COLUMN "peak_deviation" DOUBLE PRECISION,
  ADD COLUMN "peak_score" DOUBLE PRECISION,
  ADD CONSTRAINT "anomaly_label_whole_peak" CHECK (num_nulls("peak_time", "peak_deviation", "peak_score") IN (0, 3));

UPDATE "anomaly_label" AS label
SET ("peak_time", "peak_deviation", "peak_score") = (
  SELECT "timestamp", greatest(-1e300, least(1e300, "value")) - greatest(-1e300, least(1e300, "expected")), "score" FROM "sample"
  WHERE "metric_number" = (SELECT "number" FROM "metric" WHERE "id" = label."metric_id")
    AND "score" IS NOT NULL AND "timestamp" BETWEEN label."from_time" AND label."to_time"
  ORDER BY "score" DESC, "timestamp" LIMIT 1
);
