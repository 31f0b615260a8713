-- AlterTable
ALTER TABLE "cloudwatch_alarm" ADD COLUMN     "actions_pending" BOOLEAN NOT NULL DEFAULT false,
ADD COLUMN     "period_seconds" INTEGER,
ADD COLUMN     "region" TEXT NOT NULL DEFAULT 'us-east-1',
ADD COLUMN     "suppressed_by" TEXT,
ADD COLUMN     "suppressed_reason" TEXT,
ADD COLUMN     "transitioned_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
ADD COLUMN     "type" TEXT NOT NULL DEFAULT 'MetricAlarm';

-- AlterTable
ALTER TABLE "cloudwatch_alarm_history" ADD COLUMN     "alarm_type" TEXT NOT NULL DEFAULT 'MetricAlarm';

-- CreateTable
CREATE TABLE "cloudwatch_tag" (
    "account_id" INTEGER NOT NULL,
    "resource" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "value" TEXT NOT NULL,

    CONSTRAINT "cloudwatch_tag_pkey" PRIMARY KEY ("account_id","resource","key")
);

-- CreateTable
CREATE TABLE "cloudwatch_dashboard" (
    "account_id" INTEGER NOT NULL,
    "name" TEXT NOT NULL,
    "body" TEXT NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "cloudwatch_dashboard_pkey" PRIMARY KEY ("account_id","name")
);

-- AddForeignKey
ALTER TABLE "cloudwatch_tag" ADD CONSTRAINT "cloudwatch_tag_account_id_fkey" FOREIGN KEY ("account_id") REFERENCES "cloudwatch_account"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "cloudwatch_dashboard" ADD CONSTRAINT "cloudwatch_dashboard_account_id_fkey" FOREIGN KEY ("account_id") REFERENCES "cloudwatch_account"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- What is known of alarms put before: when they were last given a state, and how long their periods are.
UPDATE "cloudwatch_alarm" SET "transitioned_at" = "state_updated_at";
UPDATE "cloudwatch_alarm" SET "period_seconds" = coalesce(
  ("spec" ->> 'Period')::int,
  (SELECT max(coalesce((query -> 'MetricStat' ->> 'Period')::int, (query ->> 'Period')::int))
   FROM jsonb_array_elements("spec" -> 'Metrics') AS query),
  60);
