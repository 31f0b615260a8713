-- AlterEnum
ALTER TYPE "incident_kind" ADD VALUE 'OUTLIER';

-- AlterTable
ALTER TABLE "notification_rule" ADD COLUMN     "notify_outliers" BOOLEAN NOT NULL DEFAULT false,
ADD COLUMN     "outlier_min_share" DOUBLE PRECISION NOT NULL DEFAULT 0.5,
ADD COLUMN     "outlier_seconds" INTEGER NOT NULL DEFAULT 3600,
ADD COLUMN     "outlier_tolerance" DOUBLE PRECISION NOT NULL DEFAULT 3;
