-- Autostacks and their members over time; the inventory of resources: their states over time, and how old it is.

ALTER TABLE "resource" ADD COLUMN "size_rank" DOUBLE PRECISION NOT NULL DEFAULT 0;
ALTER TABLE "resource" ADD COLUMN "started_at" TIMESTAMPTZ(3);

CREATE TABLE "autostack" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "name" TEXT NOT NULL,
    "region" TEXT NOT NULL,
    "resource_type" TEXT NOT NULL,
    "filters" JSONB NOT NULL,
    "include_stopped" BOOLEAN NOT NULL DEFAULT false,
    "listed_at" TIMESTAMPTZ(3),
    "problem" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "autostack_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "autostack_name_given" CHECK ("name" <> ''),
    CONSTRAINT "autostack_filters_list" CHECK (jsonb_typeof("filters") = 'array' AND jsonb_array_length("filters") > 0)
);

CREATE UNIQUE INDEX "autostack_name_region_key" ON "autostack"("name", "region");
CREATE INDEX "autostack_region_idx" ON "autostack"("region");

-- RESTRICT: a stack's metrics are deleted first, with their samples.
ALTER TABLE "metric" ADD COLUMN "autostack_id" UUID;
ALTER TABLE "metric" ADD CONSTRAINT "metric_autostack_id_fkey" FOREIGN KEY ("autostack_id")
    REFERENCES "autostack"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
CREATE INDEX "metric_autostack_id_idx" ON "metric"("autostack_id");

CREATE TABLE "autostack_member" (
    "id" BIGSERIAL NOT NULL,
    "autostack_id" UUID NOT NULL,
    "resource_id" UUID NOT NULL,
    "joined_at" TIMESTAMPTZ(3) NOT NULL,
    "left_at" TIMESTAMPTZ(3),

    CONSTRAINT "autostack_member_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "autostack_member_order" CHECK ("left_at" >= "joined_at"),
    CONSTRAINT "autostack_member_autostack_id_fkey" FOREIGN KEY ("autostack_id") REFERENCES "autostack"("id")
        ON DELETE CASCADE ON UPDATE CASCADE,
    CONSTRAINT "autostack_member_resource_id_fkey" FOREIGN KEY ("resource_id") REFERENCES "resource"("id")
        ON DELETE CASCADE ON UPDATE CASCADE
);

CREATE INDEX "autostack_member_autostack_id_left_at_idx" ON "autostack_member"("autostack_id", "left_at");
CREATE INDEX "autostack_member_resource_id_idx" ON "autostack_member"("resource_id");

CREATE TABLE "resource_state" (
    "resource_id" UUID NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "state" TEXT NOT NULL,

    CONSTRAINT "resource_state_pkey" PRIMARY KEY ("resource_id", "at"),
    CONSTRAINT "resource_state_resource_id_fkey" FOREIGN KEY ("resource_id") REFERENCES "resource"("id")
        ON DELETE CASCADE ON UPDATE CASCADE
);

CREATE TABLE "inventory_region" (
    "region" TEXT NOT NULL,
    "refreshed_at" TIMESTAMPTZ(3),
    "problem" TEXT,

    CONSTRAINT "inventory_region_pkey" PRIMARY KEY ("region")
);

COMMENT ON TABLE "autostack" IS 'A group of resources of one region, chosen by tags and watched as one.';
COMMENT ON TABLE "autostack_member" IS 'When a resource was a member of an autostack.';
COMMENT ON TABLE "resource_state" IS 'Each state a resource was seen in, from when on.';
COMMENT ON TABLE "inventory_region" IS 'When the resources of a region were last listed.';
