/** Unusual points that belong together: what somebody would call one event. */
import type { PointFragment } from '../generated/graphql.ts';

export interface Episode {
  /** What it began with: the point that explains it best, because nothing was learned from it yet. */
  readonly first: PointFragment;
  readonly last: PointFragment;
  /** The most unusual one. */
  readonly worst: PointFragment;
  /** Newest first. */
  readonly points: readonly PointFragment[];
}

/** Calm for longer than so many periods, and what comes is another event. */
const CALM_PERIODS = 24;

/**
 * @param points newest first
 * @returns newest first; a point the server says something begins with begins an episode here too
 */
export function groupEpisodes(points: readonly PointFragment[], periodSeconds: number): readonly Episode[] {
  const groups: PointFragment[][] = [];
  for (const point of points.toReversed()) {
    const group = groups.at(-1);
    const before = group?.[0];
    const calmMs = before === undefined ? 0 : Date.parse(point.timestamp) - Date.parse(before.timestamp);
    if (group === undefined || point.episode || calmMs > CALM_PERIODS * periodSeconds * 1000) {
      groups.push([point]);
    } else group.unshift(point);
  }
  return groups.toReversed().flatMap((group) => {
    const [last, first] = [group[0], group.at(-1)];
    if (last === undefined || first === undefined) return [];
    const worst = group.reduce((most, point) =>
      (point.anomalyScore ?? 0) >= (most.anomalyScore ?? 0) ? point : most,
    );
    return [{ first, last, worst, points: group }];
  });
}

/** The newest event that was worth an alarm; else the newest one. */
export function chooseEpisode(episodes: readonly Episode[]): Episode | null {
  return episodes.find(({ worst }) => worst.anomalyClass === 'RED') ?? episodes[0] ?? null;
}
