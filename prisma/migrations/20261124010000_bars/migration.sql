-- Bars: the highest scores of each metric by 5 minutes, an hour and eight hours, so that a wall of bars and the ranking
-- cost the same however many samples there are. Kept by a follower of the log, which begins with the oldest score: the
-- first start after this migration makes the bars of everything that is stored.

CREATE TABLE "bar" (
    "start" TIMESTAMPTZ(3) NOT NULL,
    "score" DOUBLE PRECISION,
    "provisional_score" DOUBLE PRECISION,
    "metric_number" INTEGER NOT NULL,
    "count" INTEGER NOT NULL DEFAULT 0,
    "minutes" SMALLINT NOT NULL,

    CONSTRAINT "bar_pkey" PRIMARY KEY ("metric_number", "minutes", "start"),
    CONSTRAINT "bar_score_range" CHECK ("score" >= 0 AND "score" <= 1),
    CONSTRAINT "bar_provisional_score_range" CHECK ("provisional_score" >= 0 AND "provisional_score" <= 1)
) PARTITION BY RANGE ("start");

-- One partition per month, as of samples: both are dropped together. Part of each page is left free, because the bar
-- of now is rewritten again and again.
DO $$
DECLARE first DATE;
BEGIN
    FOR first IN SELECT "month" FROM "sample_month" LOOP
        EXECUTE format(
            'CREATE TABLE %I PARTITION OF "bar" FOR VALUES FROM (%L) TO (%L) WITH (fillfactor = 80)',
            'bar_' || to_char(first, 'YYYY_MM'),
            first::timestamp AT TIME ZONE 'UTC',
            (first + interval '1 month') AT TIME ZONE 'UTC'
        );
    END LOOP;
END $$;

COMMENT ON TABLE "bar" IS
    'The highest scores of a metric in a slot of time. One partition per month; no foreign key: a metric''s bars are deleted in the transaction that deletes or unmonitors the metric.';
COMMENT ON COLUMN "bar"."score" IS 'Highest score of a model that has learned; null when there is none in the slot.';
COMMENT ON COLUMN "bar"."provisional_score" IS 'Highest score made while learning; null when there is none.';
COMMENT ON COLUMN "bar"."count" IS 'Scored samples in the slot; kept for the narrowest bars only.';
COMMENT ON COLUMN "bar"."minutes" IS 'Width of the slot: 5, 60 or 480.';
