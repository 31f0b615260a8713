-- Resources of pushed series: each account has its own. Metrics carry the tags of their series.
ALTER TABLE "resource" ADD COLUMN "account_id" INTEGER NOT NULL DEFAULT 1;
ALTER TABLE "resource" ADD CONSTRAINT "resource_account_id_fkey" FOREIGN KEY ("account_id") REFERENCES "account"("id")
    ON DELETE RESTRICT ON UPDATE CASCADE;
DROP INDEX "resource_identity_key";
CREATE UNIQUE INDEX "resource_identity_key" ON "resource"("account_id", "region", "type", "resource_id");

ALTER TABLE "metric" ADD COLUMN "tags" JSONB;
COMMENT ON COLUMN "metric"."tags" IS
    'Of the series itself, [{ key, value }]; null in a row of a version before, which the next start completes.';
CREATE OR REPLACE VIEW "account_view"."metric" AS
    SELECT * FROM "metric" WHERE "account_id" = current_setting('lapwing.account_id')::INTEGER;

-- What the specs of monitored metrics say. Pushed names are taken apart at the next start: SQL would do it another way.
UPDATE "metric" SET "tags" = '[]' WHERE "datasource" <> 'CUSTOM';
UPDATE "metric" SET "tags" = coalesce((
    SELECT jsonb_agg(jsonb_build_object('key', tag.key, 'value', tag.value) ORDER BY tag.key)
    FROM jsonb_each_text("spec"->'tags') AS tag), '[]')
WHERE "datasource" = 'INFLUXDB' AND jsonb_typeof("spec"->'tags') = 'object';
UPDATE "metric" SET "tags" = coalesce((
    SELECT jsonb_agg(jsonb_build_object('key', dimension->>'name', 'value', dimension->>'value') ORDER BY dimension->>'name')
    FROM jsonb_array_elements("spec"->'dimensions') AS dimension), '[]')
WHERE "datasource" = 'CLOUDWATCH' AND jsonb_typeof("spec"->'dimensions') = 'array';
UPDATE "metric" SET "tags" = coalesce((
    SELECT jsonb_agg(jsonb_build_object('key', dimension.key, 'value', dimension.value) ORDER BY dimension.key)
    FROM jsonb_each_text("spec"->'dimensions') AS dimension), '[]')
WHERE "datasource" = 'CLOUDWATCH' AND jsonb_typeof("spec"->'dimensions') = 'object';
