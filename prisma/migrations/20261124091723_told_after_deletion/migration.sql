-- A rule that is deleted leaves its channels until they were told that its incidents are over.
ALTER TABLE "notification_channel" DROP CONSTRAINT "notification_channel_rule_id_fkey";
ALTER TABLE "notification_channel" ALTER COLUMN "rule_id" DROP NOT NULL;
ALTER TABLE "notification_channel" ADD COLUMN "texts" JSONB;
ALTER TABLE "notification_channel" ADD CONSTRAINT "notification_channel_rule_id_fkey" FOREIGN KEY ("rule_id")
    REFERENCES "notification_rule"("id") ON DELETE SET NULL ON UPDATE CASCADE;

COMMENT ON COLUMN "notification_channel"."texts" IS 'Subject, body and time zone of a rule that was deleted.';
