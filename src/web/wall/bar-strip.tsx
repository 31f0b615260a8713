import { type MouseEvent, memo, useMemo, useState } from 'react';
import { ClassBadge } from '../parts/class-badge.tsx';
import { describeRarity } from '../parts/format-number.ts';
import { formatTime } from '../parts/format-time.ts';
import { useZone } from '../parts/preferences.ts';
import { drawBars, STRIP } from './bar-paths.ts';
import { type Bars, classOfBar } from './bars.ts';

/** 24 bars, newest at the right. */
export const BarStrip = memo(function BarStrip(props: {
  readonly bars: Bars;
  readonly starts: readonly number[];
  /** The bars in words. */
  readonly label: string;
  /** How many points the model of a bar had seen. */
  readonly countSeen: (start: number) => number;
  readonly onPick: (start: number) => void;
}) {
  const { bars, starts, label, countSeen, onPick } = props;
  const paths = useMemo(() => drawBars(bars, starts), [bars, starts]);
  const [pointed, setPointed] = useState<number | null>(null);
  const findStart = ({ clientX, currentTarget }: MouseEvent) => {
    const { left, width } = currentTarget.getBoundingClientRect();
    return (
      starts[Math.min(starts.length - 1, Math.floor(((clientX - left) / width) * starts.length))] ?? null
    );
  };
  return (
    <div
      className="strip"
      onMouseMove={(event) => setPointed(findStart(event))}
      onMouseLeave={() => setPointed(null)}
      onClick={(event) => {
        const start = findStart(event);
        if (start === null) return;
        event.stopPropagation();
        onPick(start);
      }}
    >
      <svg
        role="img"
        aria-label={label}
        viewBox={`0 0 ${STRIP.width} ${STRIP.height}`}
        preserveAspectRatio="none"
        shapeRendering="crispEdges"
      >
        <path className="bar-empty" d={paths.empty} />
        <path className="bar-learning" d={paths.learning} />
        <path className="bar-normal" d={paths.normal} />
        <path className="bar-yellow" d={paths.yellow} />
        <path className="bar-red" d={paths.red} />
      </svg>
      {pointed === null ? null : (
        <BarTip bars={bars} start={pointed} starts={starts} seenPoints={countSeen(pointed)} />
      )}
    </div>
  );
});

/** What the bar under the pointer says. */
function BarTip(props: {
  readonly bars: Bars;
  readonly start: number;
  readonly starts: readonly number[];
  readonly seenPoints: number;
}) {
  const { bars, start, starts, seenPoints } = props;
  const zone = useZone();
  const bar = bars.get(start);
  const index = starts.indexOf(start);
  const place =
    index < starts.length / 2
      ? { left: `${(index / starts.length) * 100}%` }
      : { right: `${(1 - (index + 1) / starts.length) * 100}%` };
  return (
    <div className="bar-tip" style={place}>
      <strong>{formatTime(start, zone)}</strong>
      {bar === undefined ? <span>no data</span> : null}
      {bar?.provisional === true ? <span>learning</span> : null}
      {bar === undefined || bar.provisional ? null : (
        <>
          <ClassBadge value={classOfBar(bar)} />
          {bar.score === null || bar.score === 0 ? null : (
            <span>{describeRarity(bar.score, seenPoints)}</span>
          )}
        </>
      )}
    </div>
  );
}
