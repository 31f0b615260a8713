-- Links that show one metric to anybody who has them, and the users such a link may end with.

CREATE TABLE "login_user" (
    "issuer" TEXT NOT NULL,
    "subject" TEXT NOT NULL,
    "role" TEXT NOT NULL,
    "confirmed_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "login_user_pkey" PRIMARY KEY ("issuer", "subject")
);

COMMENT ON TABLE "login_user" IS 'A user who signed in, and the role the provider last confirmed.';

CREATE TYPE "panel_theme" AS ENUM ('LIGHT', 'DARK');

CREATE TABLE "panel_link" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "number" BIGSERIAL NOT NULL,
    "metric_id" UUID NOT NULL,
    "hours" INTEGER NOT NULL,
    "theme" "panel_theme",
    "created_by" TEXT NOT NULL,
    "key_id" TEXT,
    "user_issuer" TEXT,
    "user_subject" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expires_at" TIMESTAMPTZ(3),
    "revoked_at" TIMESTAMPTZ(3),

    CONSTRAINT "panel_link_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "panel_link_of_one" CHECK (num_nonnulls("key_id", "user_subject") <= 1),
    CONSTRAINT "panel_link_user_of_a_provider" CHECK (("user_issuer" IS NULL) = ("user_subject" IS NULL))
);

CREATE UNIQUE INDEX "panel_link_number_key" ON "panel_link"("number");

CREATE INDEX "panel_link_metric_id_idx" ON "panel_link"("metric_id");

ALTER TABLE "panel_link" ADD CONSTRAINT "panel_link_metric_id_fkey" FOREIGN KEY ("metric_id") REFERENCES "metric"("id") ON DELETE CASCADE ON UPDATE CASCADE;

COMMENT ON TABLE "panel_link" IS 'A link that shows one metric. It is signed with a key that is not in the database.';
