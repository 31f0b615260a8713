-- The CloudWatch service: accounts and keys, pushed series and their one-minute aggregates, alarms, anomaly detectors.

CREATE TABLE "cloudwatch_account" (
    "id" SERIAL NOT NULL,
    "name" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "cloudwatch_account_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "cloudwatch_account_name_given" CHECK ("name" <> '')
);

CREATE UNIQUE INDEX "cloudwatch_account_name_key" ON "cloudwatch_account"("name");

CREATE TABLE "cloudwatch_key" (
    "access_key_id" TEXT NOT NULL,
    "account_id" INTEGER NOT NULL,
    "sealed_secret" BYTEA NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "cloudwatch_key_pkey" PRIMARY KEY ("access_key_id"),
    CONSTRAINT "cloudwatch_key_account_id_fkey" FOREIGN KEY ("account_id") REFERENCES "cloudwatch_account"("id")
        ON DELETE CASCADE ON UPDATE CASCADE
);

CREATE INDEX "cloudwatch_key_account_id_idx" ON "cloudwatch_key"("account_id");

CREATE TABLE "cloudwatch_series" (
    "id" SERIAL NOT NULL,
    "account_id" INTEGER NOT NULL,
    "hash" BYTEA NOT NULL,
    "namespace" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "last_seen" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "last_writer" TEXT,

    CONSTRAINT "cloudwatch_series_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "cloudwatch_series_hash_length" CHECK (octet_length("hash") = 32),
    CONSTRAINT "cloudwatch_series_account_id_fkey" FOREIGN KEY ("account_id") REFERENCES "cloudwatch_account"("id")
        ON DELETE CASCADE ON UPDATE CASCADE
);

CREATE UNIQUE INDEX "cloudwatch_series_hash_key" ON "cloudwatch_series"("hash");
CREATE INDEX "cloudwatch_series_account_id_namespace_name_id_idx"
    ON "cloudwatch_series"("account_id", "namespace", "name", "id");
CREATE INDEX "cloudwatch_series_last_seen_idx" ON "cloudwatch_series"("last_seen");

CREATE TABLE "cloudwatch_dimension" (
    "series_id" INTEGER NOT NULL,
    "name" TEXT NOT NULL,
    "value" TEXT NOT NULL,

    CONSTRAINT "cloudwatch_dimension_pkey" PRIMARY KEY ("series_id", "name"),
    CONSTRAINT "cloudwatch_dimension_series_id_fkey" FOREIGN KEY ("series_id") REFERENCES "cloudwatch_series"("id")
        ON DELETE CASCADE ON UPDATE CASCADE
);

CREATE INDEX "cloudwatch_dimension_name_value_series_id_idx"
    ON "cloudwatch_dimension"("name", "value", "series_id");

CREATE TABLE "cloudwatch_aggregate" (
    "timestamp" TIMESTAMPTZ(3) NOT NULL,
    "sum" DOUBLE PRECISION NOT NULL,
    "sample_count" DOUBLE PRECISION NOT NULL,
    "minimum" DOUBLE PRECISION NOT NULL,
    "maximum" DOUBLE PRECISION NOT NULL,
    "series_id" INTEGER NOT NULL,
    "unit" SMALLINT NOT NULL,
    "pairs" DOUBLE PRECISION[],

    CONSTRAINT "cloudwatch_aggregate_pkey" PRIMARY KEY ("series_id", "timestamp", "unit"),
    CONSTRAINT "cloudwatch_aggregate_order" CHECK ("minimum" <= "maximum"),
    -- In PostgreSQL NaN is greater than Infinity: one comparison keeps both out.
    CONSTRAINT "cloudwatch_aggregate_sample_count_range" CHECK ("sample_count" > 0 AND "sample_count" < 'Infinity')
);

-- Purging looks for what is old in all series.
CREATE INDEX "cloudwatch_aggregate_timestamp_idx" ON "cloudwatch_aggregate" USING brin ("timestamp");

CREATE TABLE "cloudwatch_alarm" (
    "id" SERIAL NOT NULL,
    "account_id" INTEGER NOT NULL,
    "name" TEXT NOT NULL,
    "spec" JSONB NOT NULL,
    "series_hash" BYTEA,
    "actions_enabled" BOOLEAN NOT NULL,
    "state" TEXT NOT NULL,
    "state_reason" TEXT NOT NULL,
    "state_data" TEXT,
    "state_updated_at" TIMESTAMPTZ(3) NOT NULL,
    "configured_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "cloudwatch_alarm_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "cloudwatch_alarm_state_known" CHECK ("state" IN ('OK', 'ALARM', 'INSUFFICIENT_DATA')),
    CONSTRAINT "cloudwatch_alarm_account_id_fkey" FOREIGN KEY ("account_id") REFERENCES "cloudwatch_account"("id")
        ON DELETE CASCADE ON UPDATE CASCADE
);

CREATE UNIQUE INDEX "cloudwatch_alarm_account_id_name_key" ON "cloudwatch_alarm"("account_id", "name");
CREATE INDEX "cloudwatch_alarm_series_hash_idx" ON "cloudwatch_alarm"("series_hash");

CREATE TABLE "cloudwatch_alarm_history" (
    "id" BIGSERIAL NOT NULL,
    "account_id" INTEGER NOT NULL,
    "alarm_name" TEXT NOT NULL,
    "timestamp" TIMESTAMPTZ(3) NOT NULL,
    "type" TEXT NOT NULL,
    "summary" TEXT NOT NULL,
    "data" TEXT NOT NULL,

    CONSTRAINT "cloudwatch_alarm_history_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "cloudwatch_alarm_history_type_known" CHECK ("type" IN ('ConfigurationUpdate', 'StateUpdate', 'Action')),
    CONSTRAINT "cloudwatch_alarm_history_account_id_fkey" FOREIGN KEY ("account_id")
        REFERENCES "cloudwatch_account"("id") ON DELETE CASCADE ON UPDATE CASCADE
);

CREATE INDEX "cloudwatch_alarm_history_account_id_alarm_name_id_idx"
    ON "cloudwatch_alarm_history"("account_id", "alarm_name", "id");
CREATE INDEX "cloudwatch_alarm_history_timestamp_idx" ON "cloudwatch_alarm_history"("timestamp");

CREATE TABLE "cloudwatch_alarm_action" (
    "id" BIGSERIAL NOT NULL,
    "account_id" INTEGER NOT NULL,
    "alarm_name" TEXT NOT NULL,
    "action" TEXT NOT NULL,
    "payload" JSONB NOT NULL,
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "due_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "cloudwatch_alarm_action_pkey" PRIMARY KEY ("id")
);

CREATE INDEX "cloudwatch_alarm_action_due_at_idx" ON "cloudwatch_alarm_action"("due_at");

CREATE TABLE "cloudwatch_anomaly_detector" (
    "id" SERIAL NOT NULL,
    "account_id" INTEGER NOT NULL,
    "series_hash" BYTEA NOT NULL,
    "stat" TEXT NOT NULL,
    "namespace" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "dimensions" JSONB NOT NULL,
    "configuration" JSONB,
    "metric_id" UUID NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "cloudwatch_anomaly_detector_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "cloudwatch_anomaly_detector_account_id_fkey" FOREIGN KEY ("account_id")
        REFERENCES "cloudwatch_account"("id") ON DELETE CASCADE ON UPDATE CASCADE
);

CREATE UNIQUE INDEX "cloudwatch_anomaly_detector_series_hash_stat_key"
    ON "cloudwatch_anomaly_detector"("series_hash", "stat");
CREATE INDEX "cloudwatch_anomaly_detector_account_id_idx" ON "cloudwatch_anomaly_detector"("account_id");

-- Joins two lists of value, count, value, count, … and keeps them bounded: beyond 500 values equal ones are summed;
-- if that is not enough, values within 1 % (then 10 %) of each other are, which moves a percentile by half as much.
-- Null when either is null: what is not known of a part is not known of the whole.
CREATE FUNCTION "cloudwatch_join_pairs"(a double precision[], b double precision[]) RETURNS double precision[]
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    joined double precision[] := a || b;
    step double precision;
BEGIN
    FOREACH step IN ARRAY ARRAY[0, 0.01, 0.1]::double precision[] LOOP
        EXIT WHEN cardinality(joined) <= 1000;
        SELECT array_agg(cell.number ORDER BY near.value, cell.place) INTO joined
        FROM (
            SELECT
                CASE WHEN step = 0 OR value = 0 THEN value
                     ELSE sign(value) * exp(round(ln(abs(value)) / step) * step) END AS value,
                sum(count) AS count
            FROM (
                SELECT joined[i] AS value, joined[i + 1] AS count
                FROM generate_series(1, cardinality(joined), 2) AS i
            ) AS pair
            GROUP BY 1
        ) AS near,
        LATERAL (VALUES (1, near.value), (2, near.count)) AS cell (place, number);
    END LOOP;
    RETURN joined;
END
$$;

COMMENT ON TABLE "cloudwatch_account" IS 'Whoever owns series and alarms of the CloudWatch service.';
COMMENT ON COLUMN "cloudwatch_key"."sealed_secret" IS 'AES-256-GCM: nonce, tag, ciphertext.';
COMMENT ON TABLE "cloudwatch_series" IS 'One pushed series: account, namespace, name and dimensions.';
COMMENT ON COLUMN "cloudwatch_series"."last_seen" IS 'When data last arrived, to a few minutes.';
COMMENT ON TABLE "cloudwatch_aggregate" IS
    'What is known of one series in one minute (later: five, then an hour) and one unit. Every datum stands in exactly one row.';
COMMENT ON COLUMN "cloudwatch_aggregate"."unit" IS 'Place in the list of units in src/cloudwatch/units.ts.';
COMMENT ON COLUMN "cloudwatch_aggregate"."pairs" IS
    'value, count, value, count, ...; null when minimum = maximum says it all, or when it is not known.';
COMMENT ON TABLE "cloudwatch_alarm_action" IS
    'Actions still to be delivered: written with the state change, gone when delivered or given up.';
