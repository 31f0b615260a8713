import { memo } from 'react';
import { Link } from 'wouter';
import { formatValue } from '../parts/format-number.ts';
import { formatTime } from '../parts/format-time.ts';
import { useZone } from '../parts/preferences.ts';
import { BarStrip } from './bar-strip.tsx';
import { StatusMark } from './status-mark.tsx';
import { describeBars, findReason, type WallRow } from './wall-rows.ts';

/** A row's cells. What moves it and where it lies is the grid's matter. */
export const RowCells = memo(function RowCells(props: {
  readonly row: WallRow;
  readonly starts: readonly number[];
  readonly onTurn: (key: string) => void;
  readonly onPick: (row: WallRow, start: number | null) => void;
}) {
  const { row, starts, onTurn, onPick } = props;
  const zone = useZone();
  const [only] = row.metrics;
  const isMetric = row.isOpen === null;
  const label = describeBars(row, starts, (start) => formatTime(start, zone));
  return (
    <>
      <div role="gridcell" className="cell-name">
        {isMetric ? (
          <span className="no-turn" aria-hidden="true" />
        ) : (
          <button
            className="turn"
            tabIndex={-1}
            aria-label={`${row.isOpen ? 'Close' : 'Open'} ${row.title}`}
            onClick={(event) => {
              event.stopPropagation();
              onTurn(row.key);
            }}
          >
            {row.isOpen ? '▾' : '▸'}
          </button>
        )}
        <span className="names">
          {isMetric && only !== undefined ? (
            <Link href={`/metric/${encodeURIComponent(only.id)}`} tabIndex={-1} className="name">
              {row.title}
            </Link>
          ) : (
            <span className="name">{row.title}</span>
          )}
          {row.detail === '' ? null : <span className="detail">{row.detail}</span>}
        </span>
      </div>
      <div role="gridcell" className="cell-state">
        <StatusMark row={row} />
      </div>
      <div role="gridcell" className="cell-latest">
        {row.named?.latest == null ? '' : formatValue(row.named.latest.value, row.named.unit)}
      </div>
      <div role="gridcell" className="cell-bars">
        <BarStrip
          bars={row.bars}
          starts={starts}
          label={label}
          countSeen={(start) => findReason(row, start)?.seenPoints ?? 0}
          onPick={(start) => onPick(row, start)}
        />
      </div>
    </>
  );
});
