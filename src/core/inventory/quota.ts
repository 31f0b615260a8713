/**
 * How many resources may be monitored. A resource counts once, however many of its metrics are monitored; a metric that
 * belongs to none counts as one, and so does an autostack from its making on.
 */
import { QuotaExceededError } from '../../errors.ts';
import { nameStackServer } from '../../model.ts';
import type { AutostackDirectory } from './autostack-directory.ts';
import type { Registry } from '../metrics/registry.ts';

export interface Quota {
  /** Null for no limit. */
  readonly limit: () => number | null;
  /** Resources that are monitored. */
  readonly count: () => number;
  /**
   * To be called in the write lock that starts to monitor: nobody else can take the last place in between.
   * @param server canonical name of the metric's resource, or of the autostack
   * @throws QuotaExceededError when it would be one too many
   */
  readonly check: (server: string) => void;
  /** For many at once, in the write lock: looks at what is monitored once. */
  readonly open: () => QuotaPlaces;
}

/** Places of the quota: each that is taken counts for the next. */
interface QuotaPlaces {
  /** @returns why there is none for this resource; null when it has one now */
  readonly take: (server: string) => QuotaExceededError | null;
}

/** @param options.limit asked at every check, because a licence can end while the server runs */
export function createQuota(options: {
  readonly registry: Pick<Registry, 'all'>;
  readonly directory: Pick<AutostackDirectory, 'all'>;
  readonly limit: () => number | null;
}): Quota {
  const { registry, directory, limit } = options;
  const listMonitored = () => {
    const servers = new Set<string>();
    for (const { id } of directory.all()) servers.add(nameStackServer(id));
    for (const { status, server } of registry.all()) if (status !== 'UNMONITORED') servers.add(server);
    return servers;
  };
  const open = (): QuotaPlaces => {
    const most = limit();
    if (most === null) return { take: () => null };
    const monitored = listMonitored();
    return {
      take: (server) => {
        if (!monitored.has(server) && monitored.size >= most) return explain(monitored.size, most);
        monitored.add(server);
        return null;
      },
    };
  };
  return {
    limit,
    count: () => listMonitored().size,
    open,
    check: (server) => {
      const refusal = open().take(server);
      if (refusal !== null) throw refusal;
    },
  };
}

function explain(count: number, most: number): QuotaExceededError {
  return new QuotaExceededError(
    `${count} resources are monitored and ${most} may be: stop monitoring one, or raise LAPWING_QUOTA_RESOURCES or the licence`,
    most,
    count,
  );
}

/** The smaller of two limits, of which each may be none. */
export function smallerLimit(one: number | null, other: number | null): number | null {
  if (one === null || other === null) return one ?? other;
  return Math.min(one, other);
}
