-- What the detector says of a row's part in an incident. Rows scored by an earlier version do not know it.
CREATE TYPE "anomaly_phase" AS ENUM ('OPENS', 'CONTINUES', 'RECOVERS', 'QUIET_PERIOD', 'LEARNING');
ALTER TABLE "sample" ADD COLUMN "phase" "anomaly_phase";

-- A rarer anomaly that begins during an incident is an incident of its own.
ALTER TYPE "incident_end" ADD VALUE 'SUPERSEDED';
