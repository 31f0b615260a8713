import { type KeyboardEvent, type PointerEvent, useRef, useState } from 'react';
import { formatTime } from '../../parts/format-time.ts';
import { useZone } from '../../parts/preferences.ts';
import { describeRate, heightOfRate, type Rate } from './anomaly-rate.ts';
import type { Brush } from './use-brush.ts';

/**
 * How much of everything was anomalous when, above the bars of the rows and in step with them. Dragging over it, or a
 * click and a click with Shift, chooses a span; with the keyboard arrows move, and Enter and Shift+Enter choose.
 */
export function RateTimeline(props: { readonly rates: readonly Rate[]; readonly brush: Brush }) {
  const { rates, brush } = props;
  const zone = useZone();
  const place = useRef<HTMLDivElement>(null);
  const [current, setCurrent] = useState(rates.length - 1);
  const startOf = (event: PointerEvent) => {
    const { left, width } = event.currentTarget.getBoundingClientRect();
    const index = Math.floor(((event.clientX - left) / width) * rates.length);
    return rates[Math.max(0, Math.min(rates.length - 1, index))]?.start ?? 0;
  };
  const focus = (index: number) => {
    const next = Math.max(0, Math.min(rates.length - 1, index));
    setCurrent(next);
    const button = place.current?.children[next];
    if (button instanceof HTMLElement) button.focus();
  };
  const onKeyDown = (event: KeyboardEvent, index: number, start: number) => {
    if (event.key === 'ArrowLeft') focus(index - 1);
    else if (event.key === 'ArrowRight') focus(index + 1);
    else if (event.key === 'Home') focus(0);
    else if (event.key === 'End') focus(rates.length - 1);
    else if (event.key === 'Escape') brush.clear();
    else if (event.key === 'Enter' || event.key === ' ') brush.begin(start, event.shiftKey);
    else return;
    event.preventDefault();
  };
  return (
    <div
      className="rate"
      role="group"
      aria-label="Anomaly rate over time: choose an interval to see what was anomalous in it"
      ref={place}
      onPointerDown={(event) => {
        if (event.button !== 0) return;
        event.currentTarget.setPointerCapture(event.pointerId);
        brush.begin(startOf(event), event.shiftKey);
      }}
      onPointerMove={(event) => {
        if (event.buttons === 1) brush.move(startOf(event));
      }}
      onPointerUp={brush.end}
      onPointerCancel={brush.end}
    >
      {rates.map((rate, index) => {
        const isChosen =
          brush.span !== null && rate.start >= brush.span.fromMs && rate.start < brush.span.toMs;
        const label = `${formatTime(rate.start, zone)}: ${describeRate(rate)}`;
        return (
          <button
            key={rate.start}
            type="button"
            className={rate.red > 0 ? 'red' : 'yellow'}
            aria-pressed={isChosen}
            aria-label={label}
            title={label}
            tabIndex={index === current ? 0 : -1}
            onFocus={() => setCurrent(index)}
            onKeyDown={(event) => onKeyDown(event, index, rate.start)}
            onKeyUp={(event) => {
              if (event.key === 'Enter' || event.key === ' ') brush.end();
            }}
          >
            <span style={{ height: `${100 * heightOfRate(rate)}%` }} />
          </button>
        );
      })}
    </div>
  );
}
