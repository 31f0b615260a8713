-- Incidents, the rules that open them, their channels, and the messages to deliver.

CREATE TYPE "incident_state" AS ENUM ('PENDING', 'FIRING', 'RECOVERING', 'ENDED');
CREATE TYPE "incident_end" AS ENUM ('RECOVERED', 'SILENT', 'UNMONITORED', 'METRIC_DELETED', 'RULE_CHANGED');
CREATE TYPE "incident_mute" AS ENUM ('STALE', 'MAINTENANCE', 'QUIET_PERIOD');
CREATE TYPE "channel_kind" AS ENUM ('WEBHOOK', 'ALERTMANAGER', 'SLACK', 'EMAIL');
CREATE TYPE "notification_kind" AS ENUM ('START', 'END');
CREATE TYPE "notification_state" AS ENUM ('WAITING', 'SENT', 'FAILED');

CREATE TABLE "notification_rule" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "name" TEXT NOT NULL,
    "enabled" BOOLEAN NOT NULL DEFAULT true,
    "scope" JSONB NOT NULL,
    "sensitivity" DOUBLE PRECISION NOT NULL DEFAULT 0.99999,
    "direction" "direction" NOT NULL DEFAULT 'BOTH',
    "min_deviation" DOUBLE PRECISION NOT NULL DEFAULT 0,
    "min_deviation_ratio" DOUBLE PRECISION NOT NULL DEFAULT 0,
    "confirm_seconds" INTEGER NOT NULL DEFAULT 0,
    "confirm_points" INTEGER NOT NULL DEFAULT 1,
    "recovery_seconds" INTEGER NOT NULL DEFAULT 600,
    "quiet_seconds" INTEGER NOT NULL DEFAULT 3600,
    "learning_guard" BOOLEAN NOT NULL DEFAULT true,
    "stale_seconds" INTEGER NOT NULL DEFAULT 3600,
    "notify_end" BOOLEAN NOT NULL DEFAULT true,
    "maintenance_windows" JSONB NOT NULL DEFAULT '[]',
    "time_zone" TEXT,
    "subject" TEXT,
    "body" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "notification_rule_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "notification_rule_name_given" CHECK ("name" <> ''),
    CONSTRAINT "notification_rule_sensitivity_range" CHECK ("sensitivity" > 0 AND "sensitivity" < 1)
);

CREATE TABLE "notification_channel" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "rule_id" UUID NOT NULL,
    "position" INTEGER NOT NULL,
    "kind" "channel_kind" NOT NULL,
    "target" TEXT NOT NULL,
    "sealed" BYTEA NOT NULL,

    CONSTRAINT "notification_channel_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "incident" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "number" BIGSERIAL NOT NULL,
    "rule_id" UUID,
    "rule_name" TEXT NOT NULL,
    "metric_id" UUID,
    "metric_number" INTEGER NOT NULL,
    "metric_name" TEXT NOT NULL,
    "metric_unit" TEXT,
    "instance" TEXT NOT NULL,
    "server" TEXT NOT NULL,
    "location" TEXT NOT NULL,
    "datasource" "datasource" NOT NULL,
    "state" "incident_state" NOT NULL,
    "open" BOOLEAN,
    "muted_by" "incident_mute",
    "started_at" TIMESTAMPTZ(3) NOT NULL,
    "last_point_at" TIMESTAMPTZ(3) NOT NULL,
    "last_hot_at" TIMESTAMPTZ(3) NOT NULL,
    "hot_points" INTEGER NOT NULL,
    "calm_since" TIMESTAMPTZ(3),
    "ended_at" TIMESTAMPTZ(3),
    "end_reason" "incident_end",
    "score" DOUBLE PRECISION NOT NULL,
    "value" DOUBLE PRECISION NOT NULL,
    "expected" DOUBLE PRECISION NOT NULL,
    "low" DOUBLE PRECISION NOT NULL,
    "high" DOUBLE PRECISION NOT NULL,
    "peak_score" DOUBLE PRECISION NOT NULL,
    "peak_value" DOUBLE PRECISION NOT NULL,
    "peak_at" TIMESTAMPTZ(3) NOT NULL,
    "notified_at" TIMESTAMPTZ(3),
    "seen" BOOLEAN NOT NULL DEFAULT false,
    "acknowledged_at" TIMESTAMPTZ(3),
    "acknowledged_by" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "incident_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "incident_open_true" CHECK ("open" IS NOT FALSE AND ("open" IS NULL) = ("state" = 'ENDED')),
    CONSTRAINT "incident_end_told" CHECK (("state" = 'ENDED') = ("ended_at" IS NOT NULL AND "end_reason" IS NOT NULL))
);

CREATE TABLE "notification" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "number" BIGSERIAL NOT NULL,
    "kind" "notification_kind" NOT NULL,
    "state" "notification_state" NOT NULL DEFAULT 'WAITING',
    "rule_id" UUID,
    "rule_name" TEXT NOT NULL,
    "channel_id" UUID,
    "channel_kind" "channel_kind" NOT NULL,
    "target" TEXT NOT NULL,
    "gathering" BOOLEAN,
    "incident_count" INTEGER NOT NULL,
    "subject" TEXT,
    "body" TEXT,
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "due_at" TIMESTAMPTZ(3) NOT NULL,
    "give_up_at" TIMESTAMPTZ(3) NOT NULL,
    "last_error" TEXT,
    "sent_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "notification_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "notification_gathering_true" CHECK ("gathering" IS NOT FALSE)
);

CREATE TABLE "notification_incident" (
    "notification_id" UUID NOT NULL,
    "incident_id" UUID NOT NULL,

    CONSTRAINT "notification_incident_pkey" PRIMARY KEY ("notification_id","incident_id")
);

CREATE UNIQUE INDEX "notification_rule_name_key" ON "notification_rule"("name");
CREATE INDEX "notification_channel_rule_id_position_idx" ON "notification_channel"("rule_id", "position");
CREATE UNIQUE INDEX "incident_number_key" ON "incident"("number");
CREATE INDEX "incident_open_metric_number_idx" ON "incident"("open", "metric_number");
CREATE INDEX "incident_rule_id_server_notified_at_idx" ON "incident"("rule_id", "server", "notified_at");
CREATE INDEX "incident_metric_id_number_idx" ON "incident"("metric_id", "number");
CREATE INDEX "incident_ended_at_idx" ON "incident"("ended_at");
CREATE UNIQUE INDEX "incident_open_key" ON "incident"("rule_id", "metric_number", "open");
CREATE UNIQUE INDEX "notification_number_key" ON "notification"("number");
CREATE INDEX "notification_state_due_at_idx" ON "notification"("state", "due_at");
CREATE INDEX "notification_created_at_idx" ON "notification"("created_at");
CREATE INDEX "notification_rule_id_number_idx" ON "notification"("rule_id", "number");
CREATE UNIQUE INDEX "notification_gathering_key" ON "notification"("channel_id", "kind", "gathering");
CREATE INDEX "notification_incident_incident_id_idx" ON "notification_incident"("incident_id");

ALTER TABLE "notification_channel" ADD CONSTRAINT "notification_channel_rule_id_fkey" FOREIGN KEY ("rule_id")
    REFERENCES "notification_rule"("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "incident" ADD CONSTRAINT "incident_rule_id_fkey" FOREIGN KEY ("rule_id")
    REFERENCES "notification_rule"("id") ON DELETE SET NULL ON UPDATE CASCADE;
ALTER TABLE "incident" ADD CONSTRAINT "incident_metric_id_fkey" FOREIGN KEY ("metric_id")
    REFERENCES "metric"("id") ON DELETE SET NULL ON UPDATE CASCADE;
ALTER TABLE "notification" ADD CONSTRAINT "notification_rule_id_fkey" FOREIGN KEY ("rule_id")
    REFERENCES "notification_rule"("id") ON DELETE SET NULL ON UPDATE CASCADE;
ALTER TABLE "notification" ADD CONSTRAINT "notification_channel_id_fkey" FOREIGN KEY ("channel_id")
    REFERENCES "notification_channel"("id") ON DELETE SET NULL ON UPDATE CASCADE;
ALTER TABLE "notification_incident" ADD CONSTRAINT "notification_incident_notification_id_fkey" FOREIGN KEY ("notification_id")
    REFERENCES "notification"("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "notification_incident" ADD CONSTRAINT "notification_incident_incident_id_fkey" FOREIGN KEY ("incident_id")
    REFERENCES "incident"("id") ON DELETE CASCADE ON UPDATE CASCADE;

COMMENT ON TABLE "notification_rule" IS 'Which anomalies become incidents, and who is told.';
COMMENT ON TABLE "notification_channel" IS 'One way a rule''s messages go.';
COMMENT ON COLUMN "notification_channel"."sealed" IS 'Its settings with their secrets: AES-256-GCM: nonce, tag, ciphertext.';
COMMENT ON TABLE "incident" IS
    'One stretch in which a rule found a metric unusual. What it says of rule and metric outlives both.';
COMMENT ON COLUMN "incident"."open" IS 'True until it has ended, then null: one rule has one open incident on a metric.';
COMMENT ON TABLE "notification" IS
    'One message for one channel: written with the change it tells of, then delivered.';
COMMENT ON COLUMN "notification"."gathering" IS 'True while further incidents may join it, then null.';
