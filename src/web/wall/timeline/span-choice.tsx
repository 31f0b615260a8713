import { type SubmitEvent, useState } from 'react';
import { formatTime } from '../../parts/format-time.ts';
import { Modal } from '../../parts/modal.tsx';
import { useZone } from '../../parts/preferences.ts';
import { describeRate, type Rate } from './anomaly-rate.ts';
import type { Brush } from './use-brush.ts';
import { Labelled, Select } from '../../parts/form-field.tsx';

/** The timeline's choice of a span without dragging: its first and its last interval, each with what was anomalous in it. */
export function SpanChoice(props: {
  readonly rates: readonly Rate[];
  readonly widthMs: number;
  readonly brush: Brush;
}) {
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <button className="bare" aria-haspopup="dialog" onClick={() => setOpen(true)}>
        Choose range
      </button>
      {isOpen ? <SpanDialog {...props} onClose={() => setOpen(false)} /> : null}
    </>
  );
}

function SpanDialog(props: Parameters<typeof SpanChoice>[0] & { readonly onClose: () => void }) {
  const { rates, widthMs, brush, onClose } = props;
  const zone = useZone();
  const { chosen } = brush;
  // Where nothing is chosen yet, the whole of what the timeline shows.
  const [first, setFirst] = useState(String(chosen?.fromMs ?? rates[0]?.start ?? 0));
  const [last, setLast] = useState(
    String(chosen === null ? (rates.at(-1)?.start ?? 0) : chosen.toMs - widthMs),
  );
  const choices = rates.map(
    (rate) => [String(rate.start), `${formatTime(rate.start, zone)}: ${describeRate(rate)}`] as const,
  );
  const show = (event: SubmitEvent) => {
    event.preventDefault();
    const [from, to] = [Number(first), Number(last)];
    brush.choose({ fromMs: Math.min(from, to), toMs: Math.max(from, to) + widthMs });
    onClose();
  };
  return (
    <Modal title="What was anomalous in a time range" onClose={onClose}>
      <form className="stack" onSubmit={show}>
        <Labelled label="From">
          <Select choices={choices} value={first} onChange={setFirst} />
        </Labelled>
        <Labelled label="To the end of">
          <Select choices={choices} value={last} onChange={setLast} />
        </Labelled>
        <div className="line">
          <button className="main">Show</button>
          <button type="button" onClick={onClose}>
            Cancel
          </button>
        </div>
      </form>
    </Modal>
  );
}
