/** The range of a chart, kept in the address: `last=6h` follows the newest, `from` and `to` stand still. */
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { useSearchParams } from 'wouter';
import { chooseSpan, lengthOfSpan, parseFixedRange, type Range } from './range.ts';
import { serverClock } from '../api/server-clock.ts';

export interface RangeState {
  readonly range: Range;
  /** Name of the span that is followed; null while a fixed range is shown. */
  readonly span: string | null;
  readonly follow: (span: string) => void;
  readonly fix: (range: Range) => void;
  /** Brings a range that follows up to now. */
  readonly catchUp: () => void;
}

const STEPS_PER_SPAN = 500;
const SHORTEST_STEP_MS = 1000;
/** Moves that follow each other so fast are one. */
const ONE_MOVE_MS = 700;

export function useRange(periodSeconds: number): RangeState {
  const [params, setParams] = useSearchParams();
  const [from, to] = [params.get('from') ?? '', params.get('to') ?? ''];
  const fixed = useMemo(() => parseFixedRange(from, to), [from, to]);
  const asked = params.get('last') ?? '';
  const name = lengthOfSpan(asked) === null ? chooseSpan(periodSeconds) : asked;
  const spanMs = lengthOfSpan(name) ?? 3_600_000;
  const [nowMs, setNowMs] = useState(() => serverClock.now());
  const isFixed = fixed !== null;
  useEffect(() => {
    if (isFixed) return;
    setNowMs(serverClock.now());
    // About as often as the picture moves by a pixel or two.
    const timer = setInterval(
      () => setNowMs(serverClock.now()),
      Math.max(SHORTEST_STEP_MS, spanMs / STEPS_PER_SPAN),
    );
    const unfollow = serverClock.follow(() => setNowMs(serverClock.now()));
    return () => {
      clearInterval(timer);
      unfollow();
    };
  }, [isFixed, spanMs]);
  const moved = useRef(Number.NEGATIVE_INFINITY);
  const write = useCallback(
    (values: Readonly<Record<string, string>>) => {
      const kept = [...params].filter(([key]) => !['from', 'to', 'last'].includes(key));
      const next = new URLSearchParams([...kept, ...Object.entries(values)]);
      if (next.toString() === params.toString()) return;
      // The way back leads to the range before, and a turn of the wheel is one step of it.
      const isGoingOn = performance.now() - moved.current < ONE_MOVE_MS;
      moved.current = performance.now();
      setParams(next, { replace: isGoingOn });
    },
    [params, setParams],
  );
  const fix = useCallback(
    ({ fromMs, toMs }: Range) =>
      write({ from: new Date(fromMs).toISOString(), to: new Date(toMs).toISOString() }),
    [write],
  );
  const catchUp = useCallback(() => setNowMs(serverClock.now()), []);
  const follow = useCallback((last: string) => write({ last }), [write]);
  const range = useMemo(() => fixed ?? { fromMs: nowMs - spanMs, toMs: nowMs }, [fixed, nowMs, spanMs]);
  return { range, span: fixed === null ? name : null, follow, fix, catchUp };
}
