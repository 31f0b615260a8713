-- Lists of incidents are in the order in which they began.
DROP INDEX "incident_metric_id_number_idx";
CREATE INDEX "incident_metric_id_started_at_number_idx" ON "incident"("metric_id", "started_at", "number");
CREATE INDEX "incident_started_at_number_idx" ON "incident"("started_at", "number");
