-- Names of pushed metrics may have 4,096 characters, more than an index holds: lists by name are read by the beginning of
-- it. Their identity is a hash when the name is long, and their server shows the beginning of the name and a hash, so
-- that both stay within their indexes.
DROP INDEX "metric_name_idx";
CREATE INDEX "metric_name_idx" ON "metric"("left"("name", 200));

COMMENT ON COLUMN "metric"."identity" IS
    'What makes a metric the same metric within its datasource: the name of a pushed one (a hash of a long name), a hash of the spec otherwise.';
