-- While a silence lasts, nobody is notified of new incidents of a metric, or of every metric of a resource.
ALTER TYPE "incident_mute" ADD VALUE 'SILENCE';

CREATE TABLE "silence" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "number" BIGSERIAL NOT NULL,
    "account_id" INTEGER NOT NULL,
    "metric_id" UUID,
    "server" TEXT,
    "comment" TEXT,
    "created_by" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "ends_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "silence_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "silence_of_one" CHECK (num_nonnulls("metric_id", "server") = 1)
);

CREATE UNIQUE INDEX "silence_number_key" ON "silence"("number");

CREATE INDEX "silence_ends_at_idx" ON "silence"("ends_at");

CREATE INDEX "silence_metric_id_idx" ON "silence"("metric_id");

ALTER TABLE "silence" ADD CONSTRAINT "silence_account_id_fkey" FOREIGN KEY ("account_id") REFERENCES "account"("id") ON DELETE CASCADE ON UPDATE CASCADE;

ALTER TABLE "silence" ADD CONSTRAINT "silence_metric_id_fkey" FOREIGN KEY ("metric_id") REFERENCES "metric"("id") ON DELETE CASCADE ON UPDATE CASCADE;
