-- What EC2 says of a resource beside its tags, by the names of EC2's own filters: autostacks may choose by it.
ALTER TABLE "resource" ADD COLUMN "attributes" JSONB NOT NULL DEFAULT '{}';

-- Since when each type of resource is known whole: only then does it mean something that one is not listed.
ALTER TABLE "inventory_region" ADD COLUMN "types_listed" JSONB NOT NULL DEFAULT '{}';
