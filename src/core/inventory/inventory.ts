/**
 * The inventory: what there is to watch in each region, kept in a table and refreshed in the background, so that
 * watching something never waits for AWS.
 */
import type pg from 'pg';
import { ExpectedError, SourceUnavailableError } from '../../errors.ts';
import type { Log } from '../../log.ts';
import type { Discover } from '../sources/source.ts';
import { saveResources } from './save-resources.ts';

export interface RegionAge {
  /** When it was last listed; null while it never was. */
  readonly refreshedMs: number | null;
  /** What could not be listed the last time. */
  readonly problem: string | null;
  /** When all resources of a type were last listed, by type. */
  readonly typesListedMs: Readonly<Record<string, number>>;
}

/** What became of one listing. */
export interface Listing {
  /** Types of which all were listed. */
  readonly wholeTypes: readonly string[];
  readonly problem: string | null;
}

export interface Inventory {
  /**
   * Lists the region's resources, unless that was done within `maxAgeMs`; whoever comes while it is being done waits
   * for the same listing. @throws SourceUnavailableError when nothing could be listed
   */
  ensure: (region: string, maxAgeMs: number) => Promise<void>;
  ageOf: (region: string) => RegionAge;
  /** Reads how old the regions are, and begins to refresh those in use. */
  start: () => Promise<void>;
  stop: () => Promise<void>;
}

/** As often as members of a group change at most unnoticed. */
export const REFRESH_MS = 600_000;
const TICK_MS = 30_000;
const UNKNOWN: RegionAge = { refreshedMs: null, problem: null, typesListedMs: {} };

export function createInventory(options: {
  readonly pool: pg.Pool;
  readonly discover: Discover;
  /** Regions something is watched in. */
  readonly regionsInUse: () => Iterable<string>;
  /** Called after each listing, one that failed too, before whoever waits for it goes on. */
  readonly onListed: (region: string, listing: Listing) => Promise<void>;
  readonly log: Log;
  readonly now?: () => number;
}): Inventory {
  const { pool, discover, log } = options;
  const now = options.now ?? Date.now;
  const ages = new Map<string, RegionAge>();
  const tried = new Map<string, number>();
  const refreshing = new Map<string, Promise<void>>();
  const aborting = new AbortController();
  let timer: NodeJS.Timeout | undefined;

  const refresh = async (region: string) => {
    // What comes to be known while it is being listed is newer than the listing.
    const atMs = now();
    tried.set(region, atMs);
    const { resources, wholeTypes, problems } = await discover(region, aborting.signal);
    const problem = problems.length === 0 ? null : [...new Set(problems)].join('; ');
    const failed = resources.length === 0 && problems.length > 0;
    const { refreshedMs, typesListedMs } = ages.get(region) ?? UNKNOWN;
    const age = {
      refreshedMs: failed ? refreshedMs : atMs,
      problem,
      typesListedMs: { ...typesListedMs, ...Object.fromEntries(wholeTypes.map((type) => [type, atMs])) },
    };
    if (!failed) await saveResources(pool, { region, resources, wholeTypes, atMs });
    await saveAge(pool, region, age);
    ages.set(region, age);
    await options.onListed(region, { wholeTypes, problem });
    if (failed)
      throw new SourceUnavailableError(`the resources of ${region} could not be listed: ${problem ?? ''}`);
    log.info({ region, resources: resources.length, problem }, 'resources listed');
  };

  const refreshOnce = (region: string): Promise<void> => {
    const running = refreshing.get(region);
    if (running !== undefined) return running;
    const work = refresh(region).finally(() => refreshing.delete(region));
    refreshing.set(region, work);
    return work;
  };

  const tick = () => {
    for (const region of new Set(options.regionsInUse())) {
      const last = Math.max(ages.get(region)?.refreshedMs ?? 0, tried.get(region) ?? 0);
      if (now() - last < REFRESH_MS) continue;
      refreshOnce(region).catch((error: unknown) => {
        if (error instanceof ExpectedError)
          log.warn({ region, reason: error.message }, 'resources could not be listed');
        else log.error({ err: error, region }, 'inventory failed');
      });
    }
  };

  return {
    ensure: async (region, maxAgeMs) => {
      const { refreshedMs } = ages.get(region) ?? UNKNOWN;
      if (refreshedMs === null || now() - refreshedMs > maxAgeMs) await refreshOnce(region);
    },
    ageOf: (region) => ages.get(region) ?? UNKNOWN,
    start: async () => {
      for (const [region, age] of await readAges(pool)) ages.set(region, age);
      timer = setInterval(tick, TICK_MS);
      tick();
    },
    stop: async () => {
      clearInterval(timer);
      aborting.abort();
      await Promise.allSettled(refreshing.values());
    },
  };
}

async function saveAge(pool: pg.Pool, region: string, age: RegionAge): Promise<void> {
  await pool.query(
    `INSERT INTO inventory_region (region, refreshed_at, problem, types_listed)
     VALUES ($1, to_timestamp($2::float8 / 1000), $3, $4)
     ON CONFLICT (region) DO UPDATE SET refreshed_at = EXCLUDED.refreshed_at, problem = EXCLUDED.problem,
       types_listed = EXCLUDED.types_listed`,
    [region, age.refreshedMs, age.problem, JSON.stringify(age.typesListedMs)],
  );
}

async function readAges(pool: pg.Pool): Promise<ReadonlyMap<string, RegionAge>> {
  const { rows } = await pool.query<{
    region: string;
    refreshed_at: Date | null;
    problem: string | null;
    types_listed: Record<string, number>;
  }>('SELECT region, refreshed_at, problem, types_listed FROM inventory_region');
  return new Map(
    rows.map(({ region, refreshed_at, problem, types_listed }) => [
      region,
      { refreshedMs: refreshed_at?.getTime() ?? null, problem, typesListedMs: types_listed },
    ]),
  );
}
