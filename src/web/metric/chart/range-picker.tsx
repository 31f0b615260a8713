import { type SubmitEvent, useState } from 'react';
import { nameZone, readClock, writeClock } from '../../parts/format-time.ts';
import { useZone } from '../../parts/preferences.ts';
import { MIN_RANGE_MS, type Range } from '../range.ts';

/** Years of five digits are no times of the API; a browser leaves the field after the fourth. */
const LAST_TIME = '9999-12-31T23:59:59';

/** From when until when, to the second, in the zone the page shows times in. */
export function RangePicker(props: { readonly range: Range; readonly onFix: (range: Range) => void }) {
  const { range, onFix } = props;
  const zone = useZone();
  // What is typed; null while the range that is shown is in the field.
  const [from, setFrom] = useState<string | null>(null);
  const [to, setTo] = useState<string | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const fields = { from: from ?? writeClock(range.fromMs, zone), to: to ?? writeClock(range.toMs, zone) };
  const apply = (event: SubmitEvent) => {
    event.preventDefault();
    const chosen = { fromMs: readClock(fields.from, zone), toMs: readClock(fields.to, zone) };
    if (!(chosen.toMs - chosen.fromMs >= MIN_RANGE_MS)) {
      setProblem(`"To" has to be ${MIN_RANGE_MS / 1000} seconds or more after "From".`);
      return;
    }
    setProblem(null);
    setFrom(null);
    setTo(null);
    onFix(chosen);
  };
  return (
    <details className="range-picker">
      <summary>From – to</summary>
      <form className="line" onSubmit={apply}>
        <label>
          From{' '}
          <input
            type="datetime-local"
            step={1}
            required
            max={LAST_TIME}
            value={fields.from}
            onChange={({ target }) => setFrom(target.value)}
          />
        </label>
        <label>
          To{' '}
          <input
            type="datetime-local"
            step={1}
            required
            max={LAST_TIME}
            value={fields.to}
            onChange={({ target }) => setTo(target.value)}
          />
        </label>
        <span className="quiet">{nameZone(zone)}</span>
        <button>Show</button>
        {problem === null ? null : (
          <span className="refused" role="alert">
            {problem}
          </span>
        )}
      </form>
    </details>
  );
}
