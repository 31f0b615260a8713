import { useEffect, useRef, useState } from 'react';
import { useLocation } from 'wouter';
import { useStore } from '../api/store.ts';
import { formatValue } from '../parts/format-number.ts';
import { formatTime } from '../parts/format-time.ts';
import { type Density, usePreferences, useZone } from '../parts/preferences.ts';
import { BarStrip } from '../wall/bar-strip.tsx';
import { StatusMark } from '../wall/status-mark.tsx';
import { describeBars, findReason, type WallRow } from '../wall/wall-rows.ts';

/** Heights of a row, in those of a letter. */
const ROW_EM: Readonly<Record<Density, number>> = { comfortable: 3.4, compact: 2.3 };

/** As many rows as there is room for: a screen nobody touches does not scroll. */
export function ScreenRows(props: { readonly rows: readonly WallRow[]; readonly starts: readonly number[] }) {
  const { rows, starts } = props;
  const density = useStore(usePreferences().density);
  const place = useRef<HTMLUListElement>(null);
  const room = useRoom(place, ROW_EM[density]);
  const hidden = Math.max(0, rows.length - room);
  return (
    <>
      <ul ref={place} className="screen-rows" aria-label="Monitored metrics">
        {rows.slice(0, room).map((row) => (
          <ScreenRow key={row.key} row={row} starts={starts} em={ROW_EM[density]} />
        ))}
      </ul>
      <p className="quiet">{describeHidden(hidden)}</p>
    </>
  );
}

function describeHidden(count: number): string {
  if (count === 0) return '';
  return `and ${count.toLocaleString('en')} more ${count === 1 ? 'row' : 'rows'}`;
}

function ScreenRow(props: {
  readonly row: WallRow;
  readonly starts: readonly number[];
  readonly em: number;
}) {
  const { row, starts, em } = props;
  const zone = useZone();
  const [, go] = useLocation();
  const look = (start: number) => {
    const metric = findReason(row, start);
    if (metric !== undefined) go(`/metric/${encodeURIComponent(metric.id)}`);
  };
  return (
    <li style={{ height: `${em}em` }} data-level={row.level}>
      <span className="names">
        <span className="name">{row.title}</span>
        {row.detail === '' ? null : <span className="detail">{row.detail}</span>}
      </span>
      <StatusMark row={row} />
      <span className="cell-latest">
        {row.named?.latest == null ? '' : formatValue(row.named.latest.value, row.named.unit)}
      </span>
      <BarStrip
        bars={row.bars}
        starts={starts}
        label={describeBars(row, starts, (start) => formatTime(start, zone))}
        countSeen={(start) => findReason(row, start)?.seenPoints ?? 0}
        onPick={look}
      />
    </li>
  );
}

/** How many rows fit into an element. @param em height of a row, in those of a letter */
function useRoom(place: React.RefObject<HTMLElement | null>, em: number): number {
  const [room, setRoom] = useState(0);
  useEffect(() => {
    const target = place.current;
    if (target === null) return;
    const measure = () => {
      const letter = Number.parseFloat(getComputedStyle(target).fontSize);
      setRoom(Math.floor(target.clientHeight / (letter * em)));
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(target);
    return () => observer.disconnect();
  }, [place, em]);
  return room;
}
