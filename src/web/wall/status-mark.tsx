import { describeLearningLeft, formatSpan } from '../parts/format-time.ts';
import type { WallRow } from './wall-rows.ts';
import { classOfBar } from './bars.ts';
import { measureSilence } from './silence.ts';
import { serverClock } from '../api/server-clock.ts';

const WORDS = {
  ERROR: 'error',
  CREATE_PENDING: 'starting',
  UNMONITORED: 'not monitored',
} as const;

/** How a row is doing, where that is worth a word. */
export function StatusMark({ row }: { readonly row: WallRow }) {
  const { status, learned } = row;
  if (status === 'ERROR') return <span className="badge red">▲ {WORDS.ERROR}</span>;
  if (status === 'PENDING_DATA') return <Waiting row={row} />;
  if (status !== 'ACTIVE') return <span className="badge">{WORDS[status]}</span>;
  if (learned >= 1) return <Silence row={row} />;
  const percent = Math.floor(learned * 100);
  const ends = row.metrics.map(({ learnedMs }) => learnedMs).filter((endMs) => endMs !== null);
  const left = describeLearningLeft(ends.length === 0 ? null : Math.max(...ends), serverClock.now());
  return (
    <span className="learned">
      <span className="detail">learning {percent} %</span>
      {left === '' ? null : <span className="detail">{left}</span>}
      <progress value={learned} max={1} aria-label={`Learning: ${percent} %`} />
    </span>
  );
}

/** Without a number where another metric of the row, or another part of the server, is what is waited for. */
function Waiting({ row: { metrics } }: { readonly row: WallRow }) {
  const missing = Math.max(...metrics.map((metric) => metric.missing));
  return (
    <span className="learned">
      <span className="detail">waiting for data</span>
      {missing === 0 ? null : (
        <span className="detail">
          {missing.toLocaleString('en')} {missing === 1 ? 'point' : 'points'} to go
        </span>
      )}
    </span>
  );
}

/** Bars say it only once they have wandered out of sight. */
function Silence({ row }: { readonly row: WallRow }) {
  const { metrics } = row;
  const silences = metrics
    .map(({ latest, periodSeconds }) =>
      measureSilence(latest?.timeMs ?? null, periodSeconds, serverClock.now()),
    )
    .filter((silentMs) => silentMs !== null);
  const [longest] = silences.toSorted((a, b) => b - a);
  if (longest === undefined) return <Current row={row} />;
  const words =
    metrics.length === 1 ? `no data for ${formatSpan(longest)}` : `${silences.length} without data`;
  return <span className="badge yellow">◆ {words}</span>;
}

/** The interval that is not over yet. */
function Current({ row: { bars } }: { readonly row: WallRow }) {
  const current = classOfBar(bars.get(Math.max(...bars.keys())));
  if (current === 'RED') return <span className="badge red">▲ critical</span>;
  if (current === 'YELLOW') return <span className="badge yellow">◆ warning</span>;
  return <span className="detail">normal</span>;
}
