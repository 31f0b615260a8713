-- Whose word a metric's bounds are is kept with them. Until now all of them were taken for a person's, so that those a
-- source expects, and those learned from the first rows, said how small a change may be that matters: metrics of small
-- values were never anomalous.

-- What the sources expect: HTM-IT's bounds of 2014, all from 0.
CREATE TEMPORARY TABLE "bounds_of_others" ON COMMIT DROP AS
SELECT "number", 'SOURCE' AS "origin" FROM "metric"
WHERE "datasource" = 'HOST' AND "model_params" ? 'min' AND "model_params" ? 'max'
UNION ALL
SELECT "number", 'SOURCE' FROM "metric"
WHERE "datasource" IN ('CLOUDWATCH', 'AUTOSTACK') AND "model_params"->'min' = '0'
    AND "model_params"->'max' IN ('2', '3', '100', '114', '500', '1000', '10000', '1000000', '10000000', '300000000');

-- Learned ones lie a fifth of the range beyond the lowest and the highest of the first samples (which are at a seventh
-- from either end of what was stored): those samples are found again. A metric that never moved was given a range of 1.
-- Values near the largest numbers are left out of the search, where PostgreSQL would refuse to subtract.
INSERT INTO "bounds_of_others"
SELECT bounds.number, 'LEARNED'
FROM (
    SELECT "number", ("model_params"->>'min')::float8 AS low, ("model_params"->>'max')::float8 AS high FROM "metric"
    WHERE jsonb_typeof("model_params"->'min') = 'number' AND jsonb_typeof("model_params"->'max') = 'number'
        AND "number" NOT IN (SELECT "number" FROM "bounds_of_others")
) AS bounds
CROSS JOIN LATERAL (
    SELECT low + (high - low) / 7 AS bottom, high - (high - low) / 7 AS top,
        1e-9 * (high - low) + 1e-12 * greatest(abs(low), abs(high)) AS near
    WHERE abs(low) < 1e300 AND abs(high) < 1e300
) AS seen
CROSS JOIN LATERAL (
    SELECT bool_or(abs("value" - seen.bottom) <= seen.near) AS has_bottom,
        bool_or(abs("value" - seen.top) <= seen.near) AS has_top,
        bool_and("row_id" > 288 OR "value" BETWEEN seen.bottom - seen.near AND seen.top + seen.near) AS is_inside
    FROM (
        SELECT "value", "row_id" FROM "sample" WHERE "metric_number" = bounds.number ORDER BY "timestamp" LIMIT 20000
    ) AS first_rows
    WHERE abs("value") < 1e300
) AS found
WHERE found.is_inside AND found.has_bottom AND (found.has_top OR abs(bounds.high - bounds.low - 1.4) < 1e-9);

UPDATE "metric" SET "model_params" = "model_params" || jsonb_build_object('boundsFrom', origin)
FROM "bounds_of_others" WHERE "metric"."number" = "bounds_of_others"."number";

-- Their models learn anew from the stored samples: no detector has the version 0.
UPDATE "model_checkpoint" SET "version" = 0
FROM "bounds_of_others" WHERE "metric_number" = "bounds_of_others"."number";
