import { useWindowVirtualizer } from '@tanstack/react-virtual';
import { type KeyboardEvent, useEffect, useRef, useState, useSyncExternalStore } from 'react';
import { useLocation } from 'wouter';
import { BAR_MS, type WindowName } from './bars.ts';
import { RowCells } from './wall-row.tsx';
import { findReason, type WallRow } from './wall-rows.ts';
import { useStore } from '../api/store.ts';
import { type Density, usePreferences } from '../parts/preferences.ts';
import { serverClock } from '../api/server-clock.ts';

/** How far around a bar its chart shows. */
const BARS_AROUND = 10;

/** The rows: only those in sight are drawn. Arrows move between them, left and right close and open, Enter looks. */
export function WallGrid(props: {
  readonly rows: readonly WallRow[];
  readonly starts: readonly number[];
  readonly window: WindowName;
  readonly onTurn: (key: string) => void;
}) {
  const { rows, starts, window, onTurn } = props;
  const place = useRef<HTMLDivElement>(null);
  const rowHeight = useRowHeight();
  const offset = useOffset(place);
  const virtualizer = useWindowVirtualizer({
    count: rows.length,
    estimateSize: () => rowHeight,
    getItemKey: (index) => rows[index]?.key ?? index,
    overscan: 8,
    scrollMargin: offset,
  });
  useEffect(() => virtualizer.measure(), [virtualizer, rowHeight]);
  const { current, focusRow, onFocus } = useRowFocus(rows, place, (index) =>
    virtualizer.scrollToIndex(index),
  );
  const look = useLook(window);
  const onKeyDown = (event: KeyboardEvent, index: number, row: WallRow) => {
    const act = chooseAct(event.key, { index, row, last: rows.length - 1, focusRow, onTurn, look });
    if (act === null || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    act();
  };
  return (
    <div
      role="treegrid"
      aria-label="Monitored metrics"
      aria-rowcount={rows.length}
      ref={place}
      className="wall-rows"
      style={{ height: virtualizer.getTotalSize() }}
    >
      {virtualizer.getVirtualItems().map((item) => {
        const row = rows[item.index];
        if (row === undefined) return null;
        return (
          <div
            key={item.key}
            role="row"
            aria-level={row.level}
            aria-rowindex={item.index + 1}
            {...(row.isOpen === null ? {} : { 'aria-expanded': row.isOpen })}
            tabIndex={item.index === current ? 0 : -1}
            data-index={item.index}
            data-level={row.level}
            className="wall-row"
            style={{ height: rowHeight, transform: `translateY(${item.start - offset}px)` }}
            onFocus={() => onFocus(item.index)}
            onKeyDown={(event) => onKeyDown(event, item.index, row)}
            onClick={() => (row.isOpen === null ? look(row, null) : onTurn(row.key))}
          >
            <RowCells row={row} starts={starts} onTurn={onTurn} onPick={look} />
          </div>
        );
      })}
    </div>
  );
}

/** How far below the top of the page an element is: what stands above it comes and goes. */
function useOffset(place: React.RefObject<HTMLElement | null>): number {
  const [offset, setOffset] = useState(0);
  useEffect(() => {
    const measure = () => setOffset(place.current?.offsetTop ?? 0);
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(document.body);
    return () => observer.disconnect();
  }, [place]);
  return offset;
}

/** One row can be reached by Tab; the arrows move which. */
function useRowFocus(
  rows: readonly WallRow[],
  place: React.RefObject<HTMLDivElement | null>,
  scrollTo: (index: number) => void,
) {
  const [current, setCurrent] = useState(0);
  const [wanted, setWanted] = useState<number | null>(null);
  useEffect(() => {
    if (wanted === null) return;
    const element = place.current?.querySelector(`[data-index="${wanted}"]`);
    if (!(element instanceof HTMLElement)) return;
    element.focus({ preventScroll: true });
    setWanted(null);
  });
  const focusRow = (index: number) => {
    const next = Math.max(0, Math.min(rows.length - 1, index));
    setCurrent(next);
    setWanted(next);
    scrollTo(next);
  };
  return { current: Math.min(current, Math.max(0, rows.length - 1)), focusRow, onFocus: setCurrent };
}

function chooseAct(
  key: string,
  at: {
    readonly index: number;
    readonly row: WallRow;
    readonly last: number;
    readonly focusRow: (index: number) => void;
    readonly onTurn: (key: string) => void;
    readonly look: (row: WallRow, start: number | null) => void;
  },
): (() => void) | null {
  const { index, row, last, focusRow, onTurn, look } = at;
  const turn = () => onTurn(row.key);
  switch (key) {
    case 'ArrowDown':
      return () => focusRow(index + 1);
    case 'ArrowUp':
      return () => focusRow(index - 1);
    case 'Home':
      return () => focusRow(0);
    case 'End':
      return () => focusRow(last);
    case 'ArrowRight':
      return row.isOpen === false ? turn : null;
    case 'ArrowLeft':
      return row.isOpen === true ? turn : null;
    case 'Enter':
    case ' ':
      return row.isOpen === null ? () => look(row, null) : turn;
    default:
      return null;
  }
}

/** Goes to the metric that is the reason of a bar, at its time; without a bar to the metric as it is. */
function useLook(window: WindowName): (row: WallRow, start: number | null) => void {
  const [, go] = useLocation();
  return (row, start) => {
    const metric = start === null ? row.metrics[0] : findReason(row, start);
    if (metric === undefined) return;
    const path = `/metric/${encodeURIComponent(metric.id)}`;
    if (start === null) {
      go(path);
      return;
    }
    const around = BARS_AROUND * BAR_MS[window];
    const from = new Date(start - around).toISOString();
    const to = new Date(Math.min(start + around, serverClock.now() + BAR_MS[window] / 4)).toISOString();
    const [at, until] = [start, start + BAR_MS[window]].map((ms) => new Date(ms).toISOString());
    go(`${path}?from=${from}&to=${to}&at=${at}&until=${until}`);
  };
}

const NARROW = '(max-width: 720px)';
const HEIGHT_PIXELS: Readonly<Record<Density, { readonly wide: number; readonly narrow: number }>> = {
  comfortable: { wide: 42, narrow: 66 },
  compact: { wide: 28, narrow: 56 },
};

/** In pixels: on narrow screens the bars are below the name. */
function useRowHeight(): number {
  const density = useStore(usePreferences().density);
  const isNarrow = useSyncExternalStore(
    (onChange) => {
      const query = matchMedia(NARROW);
      query.addEventListener('change', onChange);
      return () => query.removeEventListener('change', onChange);
    },
    () => matchMedia(NARROW).matches,
  );
  return HEIGHT_PIXELS[density][isNarrow ? 'narrow' : 'wide'];
}
