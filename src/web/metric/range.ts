/** The time range a chart shows: the newest of it and following, or a fixed one. Times in milliseconds. */

export interface Range {
  readonly fromMs: number;
  readonly toMs: number;
}

/** What can be chosen by one press, longest last. */
export const SPANS = [
  ['15m', 15 * 60_000],
  ['1h', 3_600_000],
  ['3h', 3 * 3_600_000],
  ['6h', 6 * 3_600_000],
  ['1d', 86_400_000],
  ['3d', 3 * 86_400_000],
  ['1w', 7 * 86_400_000],
  ['2w', 14 * 86_400_000],
] as const;

/** A shorter range is no picture of anything. */
export const MIN_RANGE_MS = 10_000;
/** What a time of the API can be. */
const FIRST_MS = Date.parse('0001-01-01T00:00:00Z');
const LAST_MS = Date.parse('9999-12-31T23:59:59.999Z');
const MAX_MS = 10 * 366 * 86_400_000;
/** A chart is worth looking at from about this many points on. */
const POINTS_TO_SHOW = 400;

/** The shortest span that holds enough points of a metric with this period. */
export function chooseSpan(periodSeconds: number): string {
  const wantedMs = POINTS_TO_SHOW * periodSeconds * 1000;
  return (SPANS.find(([, ms]) => ms >= wantedMs) ?? SPANS[SPANS.length - 1] ?? SPANS[0])[0];
}

/** The length of a span by its name; null when there is no such. */
export function lengthOfSpan(name: string): number | null {
  return SPANS.find(([known]) => known === name)?.[1] ?? null;
}

/** Reads what the address says; null when it fixes nothing, or nothing that makes sense. */
export function parseFixedRange(from: string, to: string): Range | null {
  const range = { fromMs: parseTime(from), toMs: parseTime(to) };
  const isWithin = range.fromMs >= FIRST_MS && range.toMs <= LAST_MS;
  return isWithin && range.toMs - range.fromMs >= MIN_RANGE_MS ? range : null;
}

/** ISO 8601, or milliseconds since 1970, as the addresses of Grafana have them. */
function parseTime(text: string): number {
  return /^\d{12,14}$/.test(text) ? Number(text) : Date.parse(text);
}

/** @param share of the length: negative towards the past */
export function panRange({ fromMs, toMs }: Range, share: number): Range {
  return moveRange({ fromMs, toMs }, (toMs - fromMs) * share);
}

/** Not beyond the times there are. */
function moveRange({ fromMs, toMs }: Range, byMs: number): Range {
  const shift = Math.min(LAST_MS - toMs, Math.max(FIRST_MS - fromMs, byMs));
  return { fromMs: fromMs + shift, toMs: toMs + shift };
}

/**
 * @param factor below 1 shows less, above 1 more
 * @param anchor what stays where it is: 0 the left end, 1 the right end
 */
export function zoomRange({ fromMs, toMs }: Range, factor: number, anchor = 0.5): Range {
  const length = Math.min(MAX_MS, Math.max(MIN_RANGE_MS, (toMs - fromMs) * factor));
  const fixedMs = fromMs + (toMs - fromMs) * anchor;
  return moveRange({ fromMs: fixedMs - length * anchor, toMs: fixedMs + length * (1 - anchor) }, 0);
}
