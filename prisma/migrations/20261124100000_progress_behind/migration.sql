-- It is no longer written with every batch.
COMMENT ON TABLE "metric_progress" IS 'How far a metric has come. May be a minute behind: newer scored samples complete it.';
