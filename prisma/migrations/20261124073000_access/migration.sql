-- Access: accounts that keep metrics apart, API keys, the log of mutations.

CREATE TYPE "access_scope" AS ENUM ('READ', 'WRITE', 'INGEST', 'ADMIN');

CREATE TABLE "account" (
    "id" SERIAL NOT NULL,
    "name" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "account_pkey" PRIMARY KEY ("id")
);

CREATE UNIQUE INDEX "account_name_key" ON "account"("name");

-- Everything that is there already belongs to it.
INSERT INTO "account" ("name") VALUES ('default');

ALTER TABLE "metric" ADD COLUMN "account_id" INTEGER NOT NULL DEFAULT 1;
ALTER TABLE "metric" ADD CONSTRAINT "metric_account_id_fkey" FOREIGN KEY ("account_id") REFERENCES "account"("id")
    ON DELETE RESTRICT ON UPDATE CASCADE;
-- The identity of metrics, kept by the index: the same name in two accounts is two metrics.
DROP INDEX "metric_identity_key";
CREATE UNIQUE INDEX "metric_identity_key" ON "metric"("account_id", "datasource", "identity");

ALTER TABLE "annotation" ADD COLUMN "account_id" INTEGER NOT NULL DEFAULT 1;
ALTER TABLE "annotation" ADD CONSTRAINT "annotation_account_id_fkey" FOREIGN KEY ("account_id") REFERENCES "account"("id")
    ON DELETE RESTRICT ON UPDATE CASCADE;

CREATE TABLE "api_key" (
    "id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "hash" BYTEA NOT NULL,
    "scopes" "access_scope"[],
    "account_id" INTEGER,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expires_at" TIMESTAMPTZ(3),
    "revoked_at" TIMESTAMPTZ(3),
    "last_used_at" TIMESTAMPTZ(3),

    CONSTRAINT "api_key_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "api_key_hash_is_sha256" CHECK (octet_length("hash") = 32),
    CONSTRAINT "api_key_has_a_scope" CHECK (cardinality("scopes") > 0),
    -- Whoever may change the server may change every account.
    CONSTRAINT "api_key_admin_is_of_all" CHECK ("account_id" IS NULL OR NOT ('ADMIN' = ANY ("scopes"))),
    CONSTRAINT "api_key_account_id_fkey" FOREIGN KEY ("account_id") REFERENCES "account"("id")
        ON DELETE RESTRICT ON UPDATE CASCADE
);

CREATE INDEX "api_key_account_id_idx" ON "api_key"("account_id");

CREATE TABLE "audit_entry" (
    "id" BIGSERIAL NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "key_id" TEXT,
    "key_name" TEXT NOT NULL,
    "field" TEXT NOT NULL,
    "arguments" JSONB NOT NULL,
    "result" TEXT NOT NULL,
    "request_id" TEXT,

    CONSTRAINT "audit_entry_pkey" PRIMARY KEY ("id")
);

CREATE INDEX "audit_entry_at_idx" ON "audit_entry"("at");

-- Statements of callers who see one account find this view before the table: see src/access/visible-pool.ts. A column
-- that is added to the table later is added here, too.
CREATE SCHEMA "account_view";
CREATE VIEW "account_view"."metric" AS
    SELECT * FROM "metric" WHERE "account_id" = current_setting('lapwing.account_id')::INTEGER;

COMMENT ON TABLE "account" IS 'Whoever metrics belong to. Number 1 is the default account.';
COMMENT ON TABLE "api_key" IS 'Keys of the API. A key itself is stored nowhere, only its SHA-256.';
COMMENT ON COLUMN "api_key"."account_id" IS 'Null for all accounts.';
COMMENT ON TABLE "audit_entry" IS 'One mutation, done or refused.';
