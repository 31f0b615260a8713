/** Anomalous points that belong together: what somebody would call one event. */
import type { PointFragment } from '../../generated/graphql.ts';

export interface Episode {
  /** What it began with: the point that explains it best, because nothing was learned from it yet. */
  readonly first: PointFragment;
  readonly last: PointFragment;
  /** The one with the highest score. */
  readonly worst: PointFragment;
  /** Newest first. */
  readonly points: readonly PointFragment[];
}

/** Normal for longer than so many periods, and what comes is another event. */
const NORMAL_PERIODS = 24;

/**
 * @param points newest first
 * @returns newest first; a point the server says something begins with begins an episode here too
 */
export function groupEpisodes(points: readonly PointFragment[], periodSeconds: number): readonly Episode[] {
  const groups: PointFragment[][] = [];
  for (const point of points.toReversed()) {
    const group = groups.at(-1);
    const before = group?.[0];
    const normalMs = before === undefined ? 0 : Date.parse(point.timestamp) - Date.parse(before.timestamp);
    if (group === undefined || point.opensIncident || normalMs > NORMAL_PERIODS * periodSeconds * 1000) {
      groups.push([point]);
    } else group.unshift(point);
  }
  return groups.toReversed().flatMap((group) => {
    const [last, first] = [group[0], group.at(-1)];
    const worst = findWorst(group);
    return last === undefined || first === undefined || worst === null
      ? []
      : [{ first, last, worst, points: group }];
  });
}

/** The point with the highest score, of several the earliest. @param points newest first */
export function findWorst(points: readonly PointFragment[]): PointFragment | null {
  return points.reduce<PointFragment | null>(
    (worst, point) =>
      worst === null || (point.anomalyScore ?? 0) >= (worst.anomalyScore ?? 0) ? point : worst,
    null,
  );
}

/** The newest event that was red; else the newest one. */
export function chooseEpisode(episodes: readonly Episode[]): Episode | null {
  return episodes.find(({ worst }) => worst.anomalyClass === 'RED') ?? episodes[0] ?? null;
}
