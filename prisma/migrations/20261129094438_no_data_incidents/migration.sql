-- Metrics that stop reporting: incidents of a kind of their own, which rules ask for.
-- CreateEnum
CREATE TYPE "incident_kind" AS ENUM ('ANOMALY', 'NO_DATA');

-- DropIndex
DROP INDEX "incident_open_key";

-- AlterTable
ALTER TABLE "incident" ADD COLUMN     "kind" "incident_kind" NOT NULL DEFAULT 'ANOMALY';

-- AlterTable
ALTER TABLE "notification_rule" ADD COLUMN     "no_data_seconds" INTEGER NOT NULL DEFAULT 300,
ADD COLUMN     "notify_no_data" BOOLEAN NOT NULL DEFAULT false;

-- CreateIndex
CREATE UNIQUE INDEX "incident_open_key" ON "incident"("rule_id", "metric_number", "kind", "open");
