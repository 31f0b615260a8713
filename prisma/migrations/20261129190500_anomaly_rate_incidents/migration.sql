-- CreateEnum
CREATE TYPE "anomaly_rate_group" AS ENUM ('RESOURCE', 'SCOPE');

-- AlterEnum
ALTER TYPE "incident_kind" ADD VALUE 'ANOMALY_RATE';

-- AlterEnum
ALTER TYPE "incident_mute" ADD VALUE 'RATE_ONLY';

-- AlterTable
ALTER TABLE "incident" ADD COLUMN     "group_facts" JSONB,
ADD COLUMN     "group_key" TEXT;

-- AlterTable
ALTER TABLE "notification_rule" ADD COLUMN     "anomaly_rate_group" "anomaly_rate_group" NOT NULL DEFAULT 'RESOURCE',
ADD COLUMN     "anomaly_rate_min_metrics" INTEGER NOT NULL DEFAULT 3,
ADD COLUMN     "anomaly_rate_percent" DOUBLE PRECISION,
ADD COLUMN     "anomaly_rate_seconds" INTEGER NOT NULL DEFAULT 300,
ADD COLUMN     "notify_anomalies" BOOLEAN NOT NULL DEFAULT true;

-- CreateIndex
CREATE UNIQUE INDEX "incident_group_key" ON "incident"("rule_id", "group_key", "open");
