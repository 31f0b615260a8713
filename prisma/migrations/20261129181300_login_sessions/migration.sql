-- People who sign in through an OpenID Connect provider: their sessions, and their name in the log of mutations.

ALTER TABLE "audit_entry" ADD COLUMN "user_id" TEXT;

CREATE TABLE "login_session" (
    "hash" BYTEA NOT NULL,
    "issuer" TEXT NOT NULL,
    "subject" TEXT NOT NULL,
    "user_name" TEXT NOT NULL,
    "role" TEXT NOT NULL,
    "tokens" BYTEA NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "verified_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "login_session_pkey" PRIMARY KEY ("hash"),
    CONSTRAINT "login_session_hash_is_sha256" CHECK (octet_length("hash") = 32)
);

CREATE INDEX "login_session_expires_at_idx" ON "login_session"("expires_at");

COMMENT ON TABLE "login_session" IS 'Somebody who signed in, in one browser. The cookie is stored nowhere, only its SHA-256.';
COMMENT ON COLUMN "login_session"."tokens" IS 'Tokens of the provider, sealed with a key that is made of the cookie.';
