-- Messages say why a metric is anomalous, and link to what to do about it.
ALTER TABLE "incident" ADD COLUMN "aspect" "view";
ALTER TABLE "notification_rule" ADD COLUMN "runbook_url" TEXT;
