-- CreateTable
CREATE TABLE "cluster_member" (
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "address" TEXT NOT NULL,
    "ports" JSONB NOT NULL,
    "version" TEXT NOT NULL,
    "term" BIGINT,
    "is_ready" BOOLEAN NOT NULL,
    "started_at" TIMESTAMPTZ(3) NOT NULL,
    "lease_until" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "cluster_member_pkey" PRIMARY KEY ("id")
);

-- What replicas of a cluster keep in memory follows what the leader commits: each statement says which table, or which metrics, it
-- changed. PostgreSQL sends that once the transaction has committed, and keeps nothing where nobody listens.
CREATE FUNCTION "notify_change"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('lapwing_change', TG_TABLE_NAME);
    RETURN NULL;
END
$$;

-- Renewing a lease changes nothing that others act on.
CREATE TRIGGER "cluster_member_changed"
AFTER INSERT OR DELETE OR UPDATE OF "address", "ports", "term", "is_ready" ON "cluster_member"
FOR EACH STATEMENT EXECUTE FUNCTION "notify_change"();

CREATE TRIGGER "anomaly_label_changed" AFTER INSERT OR DELETE OR UPDATE ON "anomaly_label"
FOR EACH STATEMENT EXECUTE FUNCTION "notify_change"();
CREATE TRIGGER "notification_rule_changed" AFTER INSERT OR DELETE OR UPDATE ON "notification_rule"
FOR EACH STATEMENT EXECUTE FUNCTION "notify_change"();
CREATE TRIGGER "autostack_changed" AFTER INSERT OR DELETE OR UPDATE ON "autostack"
FOR EACH STATEMENT EXECUTE FUNCTION "notify_change"();
CREATE TRIGGER "autostack_member_changed" AFTER INSERT OR DELETE OR UPDATE ON "autostack_member"
FOR EACH STATEMENT EXECUTE FUNCTION "notify_change"();
CREATE TRIGGER "inventory_region_changed" AFTER INSERT OR DELETE OR UPDATE ON "inventory_region"
FOR EACH STATEMENT EXECUTE FUNCTION "notify_change"();
CREATE TRIGGER "resource_changed" AFTER INSERT OR DELETE OR UPDATE ON "resource"
FOR EACH STATEMENT EXECUTE FUNCTION "notify_change"();

-- Numbers of metrics, with commas between. PostgreSQL takes less than 8,000 bytes at once: 600 numbers of ten digits and their commas.
CREATE FUNCTION "notify_metric"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    numbers TEXT;
BEGIN
    FOR numbers IN
        SELECT string_agg(placed.number::TEXT, ',')
        FROM (SELECT changed.number, (row_number() OVER () - 1) / 600 AS part FROM changed) AS placed GROUP BY placed.part
    LOOP
        PERFORM pg_notify('lapwing_metric', numbers);
    END LOOP;
    RETURN NULL;
END
$$;

CREATE TRIGGER "metric_inserted_notify" AFTER INSERT ON "metric"
REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION "notify_metric"();
CREATE TRIGGER "metric_updated_notify" AFTER UPDATE ON "metric"
REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION "notify_metric"();
CREATE TRIGGER "metric_deleted_notify" AFTER DELETE ON "metric"
REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION "notify_metric"();

-- The same as before, and says which table it was.
CREATE OR REPLACE FUNCTION "number_change"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- The class is that of all locks of ours; 1 is taken by the followers of the log.
    PERFORM pg_advisory_xact_lock(1279348823, 2);
    EXECUTE format('UPDATE %I.%I SET change_number = nextval(''change_number_seq'') WHERE id = $1', TG_TABLE_SCHEMA, TG_TABLE_NAME)
    USING NEW.id;
    PERFORM pg_notify('lapwing_change', TG_TABLE_NAME);
    RETURN NULL;
END
$$;
