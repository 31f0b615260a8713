-- Moves the end of the log by a transaction that numbered its scores from what it knew the end to be. It is sent in one
-- message with COMMIT: the row of the log is locked while that is written, and not while the samples are.
CREATE FUNCTION "advance_score_log"("before" bigint, "scores" integer) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  UPDATE "score_log" SET "last" = "before" + "scores" WHERE "id" = 1 AND "last" = "before";
  IF NOT FOUND THEN
    RAISE EXCEPTION 'the log of scores does not end at %', "before" USING ERRCODE = 'LW001';
  END IF;
END $$;
