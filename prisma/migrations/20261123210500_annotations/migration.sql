CREATE TABLE "annotation" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "timestamp" TIMESTAMPTZ(3) NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "device" TEXT NOT NULL,
    "user_name" TEXT NOT NULL,
    "server" TEXT NOT NULL,
    "message" TEXT,
    "data" JSONB,

    CONSTRAINT "annotation_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "annotation_says_something" CHECK ("message" IS NOT NULL OR "data" IS NOT NULL)
);

CREATE INDEX "annotation_server_timestamp_idx" ON "annotation"("server", "timestamp");
CREATE INDEX "annotation_created_at_id_idx" ON "annotation"("created_at", "id");

CREATE TYPE "label_kind" AS ENUM ('REAL', 'NORMAL');

CREATE TABLE "anomaly_label" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "metric_id" UUID NOT NULL,
    "from_time" TIMESTAMPTZ(3) NOT NULL,
    "to_time" TIMESTAMPTZ(3) NOT NULL,
    "kind" "label_kind" NOT NULL,
    "note" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "anomaly_label_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "anomaly_label_order" CHECK ("to_time" >= "from_time"),
    CONSTRAINT "anomaly_label_metric_id_fkey" FOREIGN KEY ("metric_id") REFERENCES "metric"("id")
        ON DELETE CASCADE ON UPDATE CASCADE
);

CREATE UNIQUE INDEX "anomaly_label_stretch_key" ON "anomaly_label"("metric_id", "from_time", "to_time");

COMMENT ON TABLE "annotation" IS 'A note on a resource at a time.';
COMMENT ON TABLE "anomaly_label" IS 'What somebody says a stretch of a metric was: a real anomaly, or normal.';
