-- Who follows the log of scored points, and how far each has come.

CREATE TABLE "log_follower" (
    "name" TEXT NOT NULL,
    "epoch" TEXT NOT NULL,
    "position" BIGINT NOT NULL,
    "floor" BIGINT NOT NULL,

    CONSTRAINT "log_follower_pkey" PRIMARY KEY ("name"),
    CONSTRAINT "log_follower_position_range" CHECK ("position" >= 0 AND "floor" >= 0)
);

COMMENT ON TABLE "log_follower" IS
    'Who follows the log of scored points, and how far: changed in the transaction that stores what was made of it.';
COMMENT ON COLUMN "log_follower"."floor" IS 'The floor of the log it has last taken note of.';
