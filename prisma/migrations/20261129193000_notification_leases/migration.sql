-- Until when a message is leased to the dispatcher that delivers it. Messages that were leased by a later due_at are due then, as before.
-- AlterTable
ALTER TABLE "notification" ADD COLUMN     "leased_until" TIMESTAMPTZ(3);

-- CreateIndex
CREATE INDEX "notification_leased_until_idx" ON "notification"("leased_until");
