import { panRange, SPANS, zoomRange } from '../range.ts';
import type { RangeState } from '../use-range.ts';

const CHOICES = SPANS.map(([name]) => name);

/** Which time is shown. */
export function ChartTools({
  ranging,
  isAsking,
}: {
  readonly ranging: RangeState;
  readonly isAsking: boolean;
}) {
  const { range, span, follow, fix } = ranging;
  return (
    <div className="line spread">
      <div className="segments" role="group" aria-label="Follow the newest">
        {CHOICES.map((name) => (
          <button key={name} aria-pressed={name === span} onClick={() => follow(name)}>
            {name}
          </button>
        ))}
      </div>
      <div className="line">
        <span className="quiet" role="status">
          {isAsking ? 'Loading…' : span === null ? 'Fixed range' : 'Live'}
        </span>
        <div className="segments" role="group" aria-label="Move and zoom">
          <button aria-label="Earlier" onClick={() => fix(panRange(range, -0.5))}>
            ←
          </button>
          <button aria-label="Zoom out" onClick={() => fix(zoomRange(range, 2))}>
            −
          </button>
          <button aria-label="Zoom in" onClick={() => fix(zoomRange(range, 0.5))}>
            +
          </button>
          <button aria-label="Later" onClick={() => fix(panRange(range, 0.5))}>
            →
          </button>
        </div>
      </div>
    </div>
  );
}
