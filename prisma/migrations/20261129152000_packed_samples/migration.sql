-- Older scored samples as blocks: some hundred of one metric in a row, ten bytes each. Nothing is moved here: the server
-- packs in the background, a window of the log at a time.

CREATE TABLE "log_window" (
    "first" BIGINT NOT NULL,
    "last" BIGINT NOT NULL,
    "version" INTEGER NOT NULL DEFAULT 0,
    "is_complete" BOOLEAN NOT NULL DEFAULT false,

    CONSTRAINT "log_window_pkey" PRIMARY KEY ("first"),
    CONSTRAINT "log_window_order" CHECK ("first" > 0 AND "first" <= "last")
);

CREATE UNIQUE INDEX "log_window_last_key" ON "log_window"("last");

CREATE TABLE "sample_block" (
    "first_timestamp" TIMESTAMPTZ(3) NOT NULL,
    "last_timestamp" TIMESTAMPTZ(3) NOT NULL,
    "window_first" BIGINT NOT NULL,
    "first_seq" BIGINT NOT NULL,
    "last_seq" BIGINT NOT NULL,
    "min_value" DOUBLE PRECISION NOT NULL,
    "max_value" DOUBLE PRECISION NOT NULL,
    "max_score" DOUBLE PRECISION NOT NULL,
    "metric_number" INTEGER NOT NULL,
    "rows" INTEGER NOT NULL,
    "last_row_id" INTEGER NOT NULL,
    "phases" SMALLINT NOT NULL,
    "data" BYTEA NOT NULL,

    CONSTRAINT "sample_block_pkey" PRIMARY KEY ("metric_number", "first_timestamp"),
    CONSTRAINT "sample_block_times" CHECK ("first_timestamp" <= "last_timestamp"),
    CONSTRAINT "sample_block_seqs" CHECK ("window_first" <= "first_seq" AND "first_seq" <= "last_seq"),
    CONSTRAINT "sample_block_rows" CHECK ("rows" > 0)
) PARTITION BY RANGE ("first_timestamp");

-- Compressed already.
ALTER TABLE "sample_block" ALTER COLUMN "data" SET STORAGE EXTERNAL;

CREATE INDEX "sample_block_window_first_idx" ON "sample_block"("window_first");

-- One partition per month, as of samples: both are dropped together.
DO $$
DECLARE month DATE;
BEGIN
    FOR month IN SELECT m."month" FROM "sample_month" AS m LOOP
        EXECUTE format(
            'CREATE TABLE %I PARTITION OF "sample_block" FOR VALUES FROM (%L) TO (%L)',
            'sample_block_' || to_char(month, 'YYYY_MM'),
            month::timestamp AT TIME ZONE 'UTC',
            (month + interval '1 month') AT TIME ZONE 'UTC'
        );
    END LOOP;
END $$;

COMMENT ON TABLE "log_window" IS
    'Parts of the log whose samples are packed, one after the other. Within one a metric''s samples make one block or a few.';
COMMENT ON COLUMN "log_window"."version" IS 'Raised by whatever changes the blocks of the window.';
COMMENT ON COLUMN "log_window"."is_complete" IS 'Whether nothing of the window is left to be packed.';
COMMENT ON TABLE "sample_block" IS
    'Scored samples of one metric, packed. Those of one metric never overlap; a sample is either here or in sample. Within one month (UTC) and one window of the log. No foreign key, as of samples.';
COMMENT ON COLUMN "sample_block"."window_first" IS 'The window of the log all its samples are of.';
COMMENT ON COLUMN "sample_block"."phases" IS 'Which phases occur: bit 0 for none, then in the order of anomaly_phase.';
COMMENT ON COLUMN "sample_block"."data" IS 'See src/core/samples/packed/block-codec.ts.';
