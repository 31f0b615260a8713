-- The spine: metrics, their samples and scores, the log of scored points, the models' checkpoints, resources.
--
-- Begun from `npm run migration:new` and edited by hand; what schema.prisma cannot say is here: partitions, checks,
-- fill factors, comments, the order of columns (wide and always present first, so that a sample has no padding).

CREATE TYPE "datasource" AS ENUM ('CLOUDWATCH', 'AUTOSTACK', 'CUSTOM', 'INFLUXDB', 'HOST');
CREATE TYPE "metric_status" AS ENUM ('UNMONITORED', 'ACTIVE', 'CREATE_PENDING', 'ERROR', 'PENDING_DATA');
CREATE TYPE "direction" AS ENUM ('BOTH', 'ABOVE', 'BELOW');
CREATE TYPE "view" AS ENUM ('LEVEL', 'TREND', 'TIME_OF_DAY', 'VOLATILITY', 'SILENCE');

CREATE TABLE "resource" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "datasource" "datasource" NOT NULL,
    "region" TEXT NOT NULL,
    "type" TEXT NOT NULL,
    "namespace" TEXT NOT NULL,
    "resource_id" TEXT NOT NULL,
    "name" TEXT,
    "state" TEXT,
    "tags" JSONB NOT NULL DEFAULT '[]',
    "seen_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "resource_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "resource_tags_list" CHECK (jsonb_typeof("tags") = 'array')
);

CREATE UNIQUE INDEX "resource_identity_key" ON "resource"("region", "type", "resource_id");

CREATE TABLE "metric" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "number" SERIAL NOT NULL,
    "datasource" "datasource" NOT NULL,
    "identity" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "tag_name" TEXT,
    "description" TEXT,
    "unit" TEXT,
    "server" TEXT NOT NULL,
    "location" TEXT NOT NULL DEFAULT '',
    "resource_id" UUID,
    "status" "metric_status" NOT NULL DEFAULT 'UNMONITORED',
    "message" TEXT,
    "collector_error" JSONB,
    "spec" JSONB,
    "model_params" JSONB,
    "direction" "direction" NOT NULL DEFAULT 'BOTH',
    "min_deviation" DOUBLE PRECISION NOT NULL DEFAULT 0,
    "min_deviation_ratio" DOUBLE PRECISION NOT NULL DEFAULT 0,
    "period_seconds" INTEGER NOT NULL DEFAULT 300,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "metric_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "metric_name_given" CHECK ("name" <> ''),
    -- In PostgreSQL NaN is greater than Infinity: one comparison keeps both out.
    CONSTRAINT "metric_min_deviation_range" CHECK ("min_deviation" >= 0 AND "min_deviation" < 'Infinity'),
    CONSTRAINT "metric_min_deviation_ratio_range"
        CHECK ("min_deviation_ratio" >= 0 AND "min_deviation_ratio" < 'Infinity'),
    CONSTRAINT "metric_period_positive" CHECK ("period_seconds" > 0),
    CONSTRAINT "metric_resource_id_fkey" FOREIGN KEY ("resource_id") REFERENCES "resource"("id")
        ON DELETE SET NULL ON UPDATE CASCADE
);

CREATE UNIQUE INDEX "metric_number_key" ON "metric"("number");
CREATE UNIQUE INDEX "metric_identity_key" ON "metric"("datasource", "identity");
CREATE INDEX "metric_server_idx" ON "metric"("server");
CREATE INDEX "metric_name_idx" ON "metric"("name");
CREATE INDEX "metric_location_idx" ON "metric"("location");
CREATE INDEX "metric_resource_id_idx" ON "metric"("resource_id");

-- Rewritten by every batch: half of each page is left free so that the new version of a row finds room beside the old
-- one and no index has to be touched.
CREATE TABLE "metric_progress" (
    "metric_number" INTEGER NOT NULL,
    "last_row_id" INTEGER NOT NULL DEFAULT 0,
    "last_timestamp" TIMESTAMPTZ(3),
    "scored_rows" INTEGER NOT NULL DEFAULT 0,
    "scored_to" TIMESTAMPTZ(3),
    "read_to" TIMESTAMPTZ(3),

    CONSTRAINT "metric_progress_pkey" PRIMARY KEY ("metric_number"),
    CONSTRAINT "metric_progress_scored_rows_range" CHECK ("scored_rows" >= 0 AND "scored_rows" <= "last_row_id"),
    CONSTRAINT "metric_progress_metric_number_fkey" FOREIGN KEY ("metric_number") REFERENCES "metric"("number")
        ON DELETE CASCADE ON UPDATE CASCADE
) WITH (fillfactor = 50);

CREATE TABLE "sample" (
    "timestamp" TIMESTAMPTZ(3) NOT NULL,
    "value" DOUBLE PRECISION NOT NULL,
    "metric_number" INTEGER NOT NULL,
    "row_id" INTEGER NOT NULL,
    "seq" BIGINT,
    "score" DOUBLE PRECISION,
    "expected" DOUBLE PRECISION,
    "low" DOUBLE PRECISION,
    "high" DOUBLE PRECISION,
    "raw_score" REAL,
    "provisional" BOOLEAN NOT NULL DEFAULT false,
    "episode" BOOLEAN NOT NULL DEFAULT false,
    "view" "view",

    CONSTRAINT "sample_pkey" PRIMARY KEY ("metric_number", "timestamp"),
    CONSTRAINT "sample_row_id_positive" CHECK ("row_id" > 0),
    CONSTRAINT "sample_value_finite" CHECK ("value" > '-Infinity' AND "value" < 'Infinity'),
    CONSTRAINT "sample_score_range" CHECK ("score" >= 0 AND "score" <= 1),
    CONSTRAINT "sample_raw_score_range" CHECK ("raw_score" >= 0 AND "raw_score" <= 1),
    CONSTRAINT "sample_band_order" CHECK ("low" <= "high"),
    CONSTRAINT "sample_logged_is_scored" CHECK ("seq" IS NULL OR "score" IS NOT NULL)
) PARTITION BY RANGE ("timestamp");

-- Only scored points stand in the log.
CREATE INDEX "sample_seq_idx" ON "sample"("seq") WHERE "seq" IS NOT NULL;

CREATE TABLE "sample_month" (
    "month" DATE NOT NULL,
    "last_write" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "sample_month_pkey" PRIMARY KEY ("month"),
    CONSTRAINT "sample_month_first_day" CHECK (extract(day FROM "month") = 1)
);

CREATE TABLE "score_log" (
    "id" INTEGER NOT NULL DEFAULT 1,
    "epoch" TEXT NOT NULL,
    "last" BIGINT NOT NULL DEFAULT 0,
    "floor" BIGINT NOT NULL DEFAULT 0,

    CONSTRAINT "score_log_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "score_log_single" CHECK ("id" = 1),
    CONSTRAINT "score_log_floor_range" CHECK ("floor" >= 0 AND "floor" <= "last")
);

INSERT INTO "score_log" ("epoch") VALUES (replace(gen_random_uuid()::text, '-', ''));

CREATE TABLE "model_checkpoint" (
    "metric_number" INTEGER NOT NULL,
    "detector" TEXT NOT NULL,
    "version" INTEGER NOT NULL,
    "scored_rows" INTEGER NOT NULL,
    "timestamp" TIMESTAMPTZ(3) NOT NULL,
    "state" BYTEA NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "model_checkpoint_pkey" PRIMARY KEY ("metric_number"),
    CONSTRAINT "model_checkpoint_scored_rows_range" CHECK ("scored_rows" >= 0),
    CONSTRAINT "model_checkpoint_metric_number_fkey" FOREIGN KEY ("metric_number") REFERENCES "metric"("number")
        ON DELETE CASCADE ON UPDATE CASCADE
);

COMMENT ON TABLE "resource" IS 'The thing metrics belong to: an instance, a queue, this host.';
COMMENT ON TABLE "metric" IS 'One watched (or merely known) time series.';
COMMENT ON COLUMN "metric"."number" IS 'The four-byte key samples carry instead of the sixteen bytes of id.';
COMMENT ON COLUMN "metric"."identity" IS 'What makes a metric the same metric within its datasource.';
COMMENT ON TABLE "metric_progress" IS 'How far a metric has come; changes with every batch.';
COMMENT ON COLUMN "metric_progress"."read_to" IS 'A polled source has been read up to here.';
COMMENT ON TABLE "sample" IS
    'One sample and what the detector said of it. One partition per month; no foreign key: a metric''s samples are deleted in the transaction that deletes the metric.';
COMMENT ON COLUMN "sample"."row_id" IS 'Dense per metric: 1, 2, 3, ...';
COMMENT ON COLUMN "sample"."seq" IS 'Place in the log of scored points; null while unscored.';
COMMENT ON TABLE "sample_month" IS 'The partitions of sample and when each was last written.';
COMMENT ON TABLE "score_log" IS
    'The head of the log of scored points: one row, locked last in the transaction that scores.';
COMMENT ON COLUMN "score_log"."epoch" IS 'Random; renewed when the log''s numbers start to mean something else.';
COMMENT ON COLUMN "score_log"."floor" IS 'Numbers up to this one may have been dropped by retention.';
COMMENT ON TABLE "model_checkpoint" IS
    'A model''s state, written now and then; the samples after its timestamp are replayed on top of it.';
