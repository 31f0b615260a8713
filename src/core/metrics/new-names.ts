/** How many names pushed points may add: in all and by the minute, each account by itself. */
import { createRateLimit } from '../../platform/runtime/token-bucket.ts';
import type { Registry } from './registry.ts';

export interface NewNameLimits {
  /** Metrics an account may have before new names are refused. */
  readonly maxMetrics: number;
  /** New names of an account in a minute; as many may come at once. */
  readonly perMinute: number;
  /** Milliseconds of a clock that never goes back. */
  readonly clockMs?: (() => number) | undefined;
}

export interface NewNames {
  /**
   * Takes one name of this account's share.
   * @param pending names of the account that are not in the registry yet
   * @returns whether it may be made
   */
  readonly take: (accountId: number, pending: number) => boolean;
  /** Why a name of this account is refused, as the end of a sentence. */
  readonly explain: (accountId: number) => string;
}

export function createNewNames(registry: Pick<Registry, 'sizeOf'>, limits: NewNameLimits): NewNames {
  const { maxMetrics, perMinute, clockMs } = limits;
  const rate = createRateLimit(perMinute / 60, { atOnce: perMinute, clockMs });
  return {
    take: (accountId, pending) =>
      registry.sizeOf(accountId) + pending < maxMetrics && rate.take(String(accountId)),
    explain: (accountId) => {
      const metrics = registry.sizeOf(accountId);
      return metrics >= maxMetrics
        ? `the account has ${metrics} metrics already (LAPWING_MAX_METRICS)`
        : `the account has added ${perMinute} within a minute (LAPWING_MAX_NEW_METRICS_PER_MINUTE)`;
    },
  };
}
