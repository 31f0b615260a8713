import type { WallRow } from './wall-rows.ts';

const WORDS = {
  ERROR: 'error',
  CREATE_PENDING: 'starting',
  PENDING_DATA: 'waiting for data',
  UNMONITORED: 'not watched',
} as const;

/** How a row is doing, where that is worth a word. */
export function StatusMark({ row }: { readonly row: WallRow }) {
  const { status, learned } = row;
  if (status === 'ERROR') return <span className="badge red">▲ {WORDS.ERROR}</span>;
  if (status !== 'ACTIVE') return <span className="badge">{WORDS[status]}</span>;
  if (learned >= 1) return null;
  const percent = Math.floor(learned * 100);
  return (
    <span className="learned">
      <span className="detail">learning {percent} %</span>
      <progress value={learned} max={1} aria-label={`Learning: ${percent} %`} />
    </span>
  );
}
