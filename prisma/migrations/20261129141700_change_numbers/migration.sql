-- Numbers of changes: subscriptions to incidents, notifications and the status of metrics resume by them.
-- AlterTable
ALTER TABLE "incident" ADD COLUMN "change_number" BIGINT NOT NULL DEFAULT 0;
ALTER TABLE "notification" ADD COLUMN "change_number" BIGINT NOT NULL DEFAULT 0;
ALTER TABLE "metric" ADD COLUMN "change_number" BIGINT NOT NULL DEFAULT 0;

-- CreateIndex
CREATE INDEX "incident_change_number_idx" ON "incident"("change_number");
CREATE INDEX "notification_change_number_idx" ON "notification"("change_number");
CREATE INDEX "metric_change_number_idx" ON "metric"("change_number");

CREATE SEQUENCE "change_number_seq";

-- Runs when a transaction commits, under a lock that is held until its changes are visible: transactions become visible in the
-- order of their numbers, so a reader that has seen a number will see no lower one later. The lock is the last one a transaction
-- takes (the row is locked by the change itself), so it closes no circle of transactions that wait for each other.
CREATE FUNCTION "number_change"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- The class is that of all locks of ours; 1 is taken by the followers of the log.
    PERFORM pg_advisory_xact_lock(1279348823, 2);
    EXECUTE format('UPDATE %I.%I SET change_number = nextval(''change_number_seq'') WHERE id = $1', TG_TABLE_SCHEMA, TG_TABLE_NAME)
    USING NEW.id;
    RETURN NULL;
END
$$;

CREATE CONSTRAINT TRIGGER "incident_created" AFTER INSERT ON "incident"
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION "number_change"();

-- What a client sees change; not the newest point, nor references that are cleared because what they led to was deleted.
CREATE CONSTRAINT TRIGGER "incident_changed" AFTER UPDATE ON "incident"
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (
    (OLD.state, OLD.ended_at, OLD.end_reason, OLD.muted_by, OLD.notified_at, OLD.score, OLD.value, OLD.expected, OLD.low, OLD.high,
     OLD.peak_score, OLD.peak_value, OLD.peak_at, OLD.seen, OLD.acknowledged_at, OLD.acknowledged_by)
    IS DISTINCT FROM
    (NEW.state, NEW.ended_at, NEW.end_reason, NEW.muted_by, NEW.notified_at, NEW.score, NEW.value, NEW.expected, NEW.low, NEW.high,
     NEW.peak_score, NEW.peak_value, NEW.peak_at, NEW.seen, NEW.acknowledged_at, NEW.acknowledged_by)
) EXECUTE FUNCTION "number_change"();

CREATE CONSTRAINT TRIGGER "notification_created" AFTER INSERT ON "notification"
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION "number_change"();

-- A message that is claimed changes its number of attempts; how the attempt went sets last_error, be it the same as before.
CREATE CONSTRAINT TRIGGER "notification_changed" AFTER UPDATE OF "state", "incident_count", "last_error" ON "notification"
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION "number_change"();

-- A pushed name that is stored only has no status to speak of.
CREATE CONSTRAINT TRIGGER "metric_created" AFTER INSERT ON "metric"
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.status <> 'UNMONITORED') EXECUTE FUNCTION "number_change"();

CREATE CONSTRAINT TRIGGER "metric_changed" AFTER UPDATE ON "metric"
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (
    (OLD.status, OLD.message, OLD.collector_error) IS DISTINCT FROM (NEW.status, NEW.message, NEW.collector_error)
) EXECUTE FUNCTION "number_change"();

CREATE OR REPLACE VIEW "account_view"."metric" AS
    SELECT * FROM "metric" WHERE "account_id" = current_setting('lapwing.account_id')::INTEGER;
