import { useState } from 'react';
import { Modal } from '../parts/modal.tsx';
import { useSilence } from './use-silence.ts';

const HOUR = 3600;
const SPANS = [
  [HOUR, '1 hour'],
  [4 * HOUR, '4 hours'],
  [24 * HOUR, '1 day'],
  [7 * 24 * HOUR, '1 week'],
] as const;

/**
 * Silences a metric, or its resource: nobody is notified, while scores and incidents go on. By buttons: a list would act on
 * the first key of somebody who looks through it.
 */
export function SilenceChoice(props: {
  readonly metricId: string;
  /** The metric's resource, where it has one beside itself; else null. */
  readonly server: string | null;
  readonly onSilenced?: () => void;
}) {
  const { metricId, server, onSilenced } = props;
  const { said, silence } = useSilence(onSilenced);
  const [isOpen, setOpen] = useState(false);
  const choose = (about: Parameters<typeof silence>[0], seconds: number, name: string) => {
    setOpen(false);
    void silence(about, seconds, name);
  };
  const buttons = (label: string, about: Parameters<typeof silence>[0]) => (
    <div className="choice-group" role="group" aria-label={label}>
      <span>{label} for</span>
      <div className="line">
        {SPANS.map(([seconds, name]) => (
          <button
            key={seconds}
            aria-label={`${label} for ${name}`}
            onClick={() => choose(about, seconds, name)}
          >
            {name}
          </button>
        ))}
      </div>
    </div>
  );
  return (
    <>
      <button aria-haspopup="dialog" onClick={() => setOpen(true)}>
        Silence…
      </button>
      <span role="status" className="quiet">
        {said}
      </span>
      {isOpen ? (
        <Modal title="Silence" onClose={() => setOpen(false)}>
          <p className="quiet">Nobody is notified meanwhile; scores and incidents go on.</p>
          {buttons('This metric', { metricId })}
          {server === null ? null : buttons(`Every metric of ${server}`, { server })}
          <div className="line">
            <button onClick={() => setOpen(false)}>Cancel</button>
          </div>
        </Modal>
      ) : null}
    </>
  );
}
