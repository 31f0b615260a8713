-- Expected values and ranges are finite. Versions before this one could store NaN or Infinity after values near the
-- largest numbers; no query can show those. Where one is left nothing was known of the value: the range is the value
-- itself. In PostgreSQL NaN is greater than Infinity: one comparison keeps both out.
UPDATE "sample" SET "expected" = "value", "low" = "value", "high" = "value"
WHERE "score" IS NOT NULL AND NOT coalesce(
    "expected" > '-Infinity' AND "expected" < 'Infinity' AND "low" > '-Infinity' AND "high" < 'Infinity', false);

ALTER TABLE "sample" ADD CONSTRAINT "sample_range_finite" CHECK (
    "expected" > '-Infinity' AND "expected" < 'Infinity' AND "low" > '-Infinity' AND "high" < 'Infinity');

-- low <= high is known of both tables' rows, so each end of the range need be held against one infinity only.
UPDATE "incident" SET "expected" = "value", "low" = "value", "high" = "value"
WHERE NOT ("expected" > '-Infinity' AND "expected" < 'Infinity' AND "low" > '-Infinity' AND "high" < 'Infinity');
