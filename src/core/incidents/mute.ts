/** Whether anybody is to be notified of an incident that fires, and if not, why. Pure. */
import type { IncidentMute } from '../../generated/prisma/client.ts';
import { isInMaintenance } from './maintenance-window.ts';
import type { Rule } from './rule.ts';
import { GROUP_WAIT_MS } from './delivery/enqueue-notifications.ts';

export interface Moment {
  /** Time of the point that is anomalous. */
  readonly pointMs: number;
  /** The clock on the wall. */
  readonly nowMs: number;
  /** Whether the metric or its resource is silenced. */
  readonly isSilenced: boolean;
  /** When the rule last notified of this server, by the clock on the wall; null for never. */
  readonly lastNotifiedMs: number | null;
}

/**
 * @returns null to notify. It is asked again at each anomalous point while nobody was notified: an incident that goes on
 * after the window, the quiet period, or what was read late, notifies then.
 */
export function findMute(
  rule: Pick<Rule, 'staleSeconds' | 'quietSeconds' | 'windows'>,
  { pointMs, nowMs, isSilenced, lastNotifiedMs }: Moment,
): IncidentMute | null {
  if (nowMs - pointMs > rule.staleSeconds * 1000) return 'STALE';
  if (isSilenced) return 'SILENCE';
  if (isInMaintenance(rule.windows, nowMs) || isInMaintenance(rule.windows, pointMs)) return 'MAINTENANCE';
  if (lastNotifiedMs === null) return null;
  const quietForMs = nowMs - lastNotifiedMs;
  // What begins together is reported together, in the message that still waits.
  return quietForMs >= GROUP_WAIT_MS && quietForMs < rule.quietSeconds * 1000 ? 'QUIET_PERIOD' : null;
}
