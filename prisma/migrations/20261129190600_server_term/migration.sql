-- CreateTable
CREATE TABLE "server_term" (
    "id" INTEGER NOT NULL DEFAULT 1,
    "term" BIGINT NOT NULL DEFAULT 0,

    CONSTRAINT "server_term_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "server_term_single" CHECK ("id" = 1)
);

INSERT INTO "server_term" DEFAULT VALUES;
