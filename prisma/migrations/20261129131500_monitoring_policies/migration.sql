-- Metrics that begin to be known and match a policy are monitored at once.
-- CreateTable
CREATE TABLE "monitoring_policy" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "number" BIGSERIAL NOT NULL,
    "account_id" INTEGER NOT NULL,
    "name" TEXT NOT NULL,
    "enabled" BOOLEAN NOT NULL DEFAULT true,
    "name_pattern" TEXT,
    "tags" JSONB NOT NULL DEFAULT '[]',
    "sources" "datasource"[],
    "model_params" JSONB NOT NULL DEFAULT '{}',
    "direction" "direction" NOT NULL DEFAULT 'BOTH',
    "min_deviation" DOUBLE PRECISION NOT NULL DEFAULT 0,
    "min_deviation_ratio" DOUBLE PRECISION NOT NULL DEFAULT 0,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "monitoring_policy_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "monitoring_policy_number_key" ON "monitoring_policy"("number");

-- CreateIndex
CREATE UNIQUE INDEX "monitoring_policy_name_key" ON "monitoring_policy"("account_id", "name");

-- AddForeignKey
ALTER TABLE "monitoring_policy" ADD CONSTRAINT "monitoring_policy_account_id_fkey" FOREIGN KEY ("account_id") REFERENCES "account"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
