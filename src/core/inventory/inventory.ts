/**
 * The inventory: what there is to watch in each region, kept in a table and refreshed in the background, so that
 * watching something never waits for AWS.
 */
import type pg from 'pg';
import { ExpectedError, SourceUnavailableError } from '../../errors.ts';
import type { Log } from '../../log.ts';
import { toStorable } from '../../platform/bounded-input/storable-text.ts';
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

/** As often as members of a group change at most unnoticed. */
export const REFRESH_MS = 600_000;
const TICK_MS = 30_000;
const UNKNOWN: RegionAge = { refreshedMs: null, problem: null, typesListedMs: {} };

interface InventoryOptions {
  readonly pool: pg.Pool;
  readonly discover: Discover;
  /** Regions something is monitored in. */
  readonly regionsInUse: () => Iterable<string>;
  /** Called after each listing, one that failed too, before those who wait for it go on. */
  readonly onListed: (region: string, listing: Listing) => Promise<void>;
  readonly log: Log;
  readonly now?: () => number;
}

export class Inventory {
  readonly #options: InventoryOptions;
  readonly #now: () => number;
  readonly #ages = new Map<string, RegionAge>();
  readonly #tried = new Map<string, number>();
  readonly #refreshing = new Map<string, Promise<void>>();
  readonly #aborting = new AbortController();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: InventoryOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
  }

  /**
   * Lists the region's resources, unless that was done within `maxAgeMs`; a caller that comes while it is being done waits
   * for the same listing. @throws SourceUnavailableError when nothing could be listed
   */
  async ensure(region: string, maxAgeMs: number): Promise<void> {
    const { refreshedMs } = this.#ages.get(region) ?? UNKNOWN;
    if (!this.#isWithin(refreshedMs, maxAgeMs)) await this.#refreshOnce(region);
  }

  /** What lies ahead was noted before the clock was put back, nobody knows how long ago. */
  #isWithin(timeMs: number | null, maxAgeMs: number): boolean {
    if (timeMs === null) return false;
    const ageMs = this.#now() - timeMs;
    return ageMs >= 0 && ageMs <= maxAgeMs;
  }

  ageOf(region: string): RegionAge {
    return this.#ages.get(region) ?? UNKNOWN;
  }

  /** Reads how old the regions are. */
  async load(): Promise<void> {
    for (const [region, age] of await readAges(this.#options.pool)) this.#ages.set(region, age);
  }

  /** Loads, and begins to refresh the regions in use. */
  async start(): Promise<void> {
    await this.load();
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
    this.#tick();
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#aborting.abort();
    await Promise.allSettled(this.#refreshing.values());
  }

  async #refresh(region: string) {
    // What comes to be known while it is being listed is newer than the listing.
    const atMs = this.#now();
    this.#tried.set(region, atMs);
    const { resources, wholeTypes, problems } = await this.#options.discover(region, this.#aborting.signal);
    const problem = problems.length === 0 ? null : toStorable([...new Set(problems)].join('; '));
    const failed = resources.length === 0 && problems.length > 0;
    const { refreshedMs, typesListedMs } = this.#ages.get(region) ?? UNKNOWN;
    const age = {
      refreshedMs: failed ? refreshedMs : atMs,
      problem,
      typesListedMs: { ...typesListedMs, ...Object.fromEntries(wholeTypes.map((type) => [type, atMs])) },
    };
    if (!failed) await saveResources(this.#options.pool, { region, resources, wholeTypes, atMs });
    await saveAge(this.#options.pool, region, age);
    this.#ages.set(region, age);
    await this.#options.onListed(region, { wholeTypes, problem });
    if (failed)
      throw new SourceUnavailableError(`the resources of ${region} could not be listed: ${problem ?? ''}`);
    this.#options.log.info({ region, resources: resources.length, problem }, 'resources listed');
  }

  #refreshOnce(region: string): Promise<void> {
    const running = this.#refreshing.get(region);
    if (running !== undefined) return running;
    const work = this.#refresh(region).finally(() => this.#refreshing.delete(region));
    this.#refreshing.set(region, work);
    return work;
  }

  #tick() {
    for (const region of new Set(this.#options.regionsInUse())) {
      const times = [this.#ages.get(region)?.refreshedMs ?? null, this.#tried.get(region) ?? null];
      if (times.some((timeMs) => this.#isWithin(timeMs, REFRESH_MS - 1))) continue;
      this.#refreshOnce(region).catch((error: unknown) => {
        if (error instanceof ExpectedError)
          this.#options.log.warn({ region, reason: error.message }, 'resources could not be listed');
        else this.#options.log.error({ err: error, region }, 'inventory failed');
      });
    }
  }
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
