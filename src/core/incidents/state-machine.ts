/**
 * The states of an incident, NORMAL → PENDING → FIRING → RECOVERING → over. Pure: all times are those of the points,
 * so that a history gives the same incidents however fast it is read.
 */

/** What one point means to a rule. */
export interface RulePoint {
  readonly timestampMs: number;
  /** Anomalous enough, in a way the rule and the metric's own policy ask to be notified of. */
  readonly isAnomalous: boolean;
  /** By what the detector says of it, it may begin an incident: something new begins here, or lasts. */
  readonly opens: boolean;
  /** The detector says that an incident lasts: the metric is not back to normal, though this score may be. */
  readonly lasts: boolean;
  /** It has been near normal, but not for long enough: an incident is not over yet. */
  readonly recovers: boolean;
}

export interface Patience {
  /** Time and points it has to be anomalous before it fires; 0 and 1 for at once. */
  readonly confirmSeconds: number;
  readonly confirmPoints: number;
  /** Time it has to be normal before it is over. */
  readonly recoverySeconds: number;
}

export interface Course {
  readonly state: 'PENDING' | 'FIRING' | 'RECOVERING' | 'ENDED';
  readonly startedMs: number;
  readonly lastPointMs: number;
  readonly lastHotMs: number;
  readonly hotPoints: number;
  /** Time of the first of the normal points since the last anomalous one; null while it is. */
  readonly calmSinceMs: number | null;
}

/**
 * @param course null while all is normal
 * @returns null while, or again, all is normal: an incident that was never confirmed leaves nothing
 */
export function stepIncident(course: Course | null, point: RulePoint, patience: Patience): Course | null {
  if (course === null) return point.isAnomalous && point.opens ? begin(point, patience) : null;
  const isHeld = point.lasts && course.state !== 'PENDING';
  return point.isAnomalous || isHeld
    ? addAnomalous(course, point, patience)
    : addNormal(course, point, patience);
}

function begin({ timestampMs }: RulePoint, patience: Patience): Course {
  const first = {
    state: 'PENDING',
    startedMs: timestampMs,
    lastPointMs: timestampMs,
    lastHotMs: timestampMs,
    hotPoints: 1,
    calmSinceMs: null,
  } as const;
  return confirm(first, patience);
}

function addAnomalous(course: Course, { timestampMs }: RulePoint, patience: Patience): Course {
  const hotter = {
    ...course,
    lastPointMs: timestampMs,
    lastHotMs: timestampMs,
    hotPoints: course.hotPoints + 1,
    calmSinceMs: null,
  };
  return course.state === 'PENDING' ? confirm(hotter, patience) : { ...hotter, state: 'FIRING' };
}

function confirm(course: Course, { confirmSeconds, confirmPoints }: Patience): Course {
  const isLongEnough = course.lastHotMs - course.startedMs >= confirmSeconds * 1000;
  return isLongEnough && course.hotPoints >= confirmPoints ? { ...course, state: 'FIRING' } : course;
}

function addNormal(
  course: Course,
  { timestampMs, recovers }: RulePoint,
  { recoverySeconds }: Patience,
): Course | null {
  if (course.state === 'PENDING') return null;
  const calmSinceMs = course.calmSinceMs ?? timestampMs;
  const isOver = !recovers && timestampMs - calmSinceMs >= recoverySeconds * 1000;
  return { ...course, state: isOver ? 'ENDED' : 'RECOVERING', lastPointMs: timestampMs, calmSinceMs };
}
