import { useApi } from '../../api/api.ts';
import { useStore } from '../../api/store.ts';
import { useCopy } from '../../parts/copy-block.tsx';
import { EmbedButton } from '../embed/embed-button.tsx';
import { panRange, type Range, SPANS, zoomRange } from '../range.ts';
import type { RangeState } from '../use-range.ts';
import { RangePicker } from './range-picker.tsx';
import { PERIOD_CHOICES, type Period } from './use-previous.ts';
import { Select } from '../../parts/form-field.tsx';

const PERIOD_WORDS = { '': 'No comparison', '1d': 'A day before', '1w': 'A week before' } as const;
const CHOICES = SPANS.map(([name]) => name);

/** Which time is shown. */
export function ChartTools(props: {
  readonly metricId: string;
  readonly ranging: RangeState;
  readonly isAsking: boolean;
  /** Which period before is drawn over it. */
  readonly period: Period | '';
  readonly onPeriod: (period: Period | '') => void;
}) {
  const { metricId, ranging, isAsking, period, onPeriod } = props;
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
        <Select
          aria-label="Period before"
          choices={PERIOD_CHOICES.map((choice) => [choice, PERIOD_WORDS[choice]])}
          value={period}
          onChange={onPeriod}
        />
        <RangeStatus span={span} isAsking={isAsking} />
        <ShareButton range={range} />
        <EmbedButton metricId={metricId} />
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
      <RangePicker range={range} onFix={fix} />
    </div>
  );
}

/** What follows the newest is live only while there is a connection that brings it. */
function RangeStatus({ span, isAsking }: { readonly span: string | null; readonly isAsking: boolean }) {
  const isConnected = useStore(useApi().socket.connection) === 'live';
  return (
    <span className="quiet" role="status">
      {isAsking ? 'Loading…' : span === null ? 'Fixed range' : isConnected ? 'Live' : 'Not live'}
    </span>
  );
}

/** A link to what is shown, and to the same time tomorrow. */
function ShareButton({ range }: { readonly range: Range }) {
  const { notice, copy } = useCopy();
  const share = () => {
    const url = new URL(location.href);
    url.searchParams.delete('last');
    url.searchParams.set('from', new Date(range.fromMs).toISOString());
    url.searchParams.set('to', new Date(range.toMs).toISOString());
    return copy(url.href);
  };
  return (
    <>
      <button onClick={() => void share()}>Copy link</button>
      <span className="quiet" role="status">
        {notice === '' || notice === 'copied' ? notice : 'copy the address by hand'}
      </span>
    </>
  );
}
