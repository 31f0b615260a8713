import { useState } from 'react';
import { useLocation } from 'wouter';
import { findProblem, useDo } from '../api/ask.ts';
import {
  DeleteMetricDocument,
  type MetricHeadFragment,
  UnmonitorMetricDocument,
} from '../generated/graphql.ts';
import { SilenceChoice } from '../incidents/silence-choice.tsx';
import { Modal } from '../parts/modal.tsx';
import { Notice } from '../parts/notice.tsx';
import { StarButton } from '../saved/star-button.tsx';

const WORDS = {
  unmonitor: {
    button: 'Stop monitoring',
    title: 'Stop monitoring this metric?',
    text: 'Data points are kept. Anomaly scores and the learned model are deleted.',
  },
  delete: {
    button: 'Delete',
    title: 'Delete this metric?',
    text: 'All data points, scores and the model are deleted. This cannot be undone.',
  },
} as const;

/** What silences a metric, and what ends it, each of these asked twice. */
export function MetricActions(props: {
  readonly metric: MetricHeadFragment;
  readonly onSilenced: () => void;
}) {
  const { metric, onSilenced } = props;
  const [asked, setAsked] = useState<keyof typeof WORDS | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const unmonitor = useDo(UnmonitorMetricDocument);
  const remove = useDo(DeleteMetricDocument);
  const [, go] = useLocation();
  const act = async () => {
    const input = { id: metric.id };
    const found = findProblem(asked === 'delete' ? await remove({ input }) : await unmonitor({ input }));
    setProblem(found);
    if (found !== null) return;
    setAsked(null);
    if (asked === 'delete') go('/');
  };
  const close = () => {
    setAsked(null);
    setProblem(null);
  };
  return (
    <div className="line">
      <StarButton id={metric.id} name={metric.name} server={metric.server} />
      <SilenceChoice
        metricId={metric.id}
        server={metric.server === metric.name ? null : metric.server}
        onSilenced={onSilenced}
      />
      {metric.status === 'UNMONITORED' ? null : (
        <button onClick={() => setAsked('unmonitor')}>{WORDS.unmonitor.button}</button>
      )}
      <button className="bare danger" onClick={() => setAsked('delete')}>
        {WORDS.delete.button}
      </button>
      {asked === null ? null : (
        <Modal title={WORDS[asked].title} onClose={close}>
          <p>{WORDS[asked].text}</p>
          {problem === null ? null : <Notice kind="problem">{problem}</Notice>}
          <div className="line">
            <button className="main danger" onClick={() => void act()}>
              {WORDS[asked].button}
            </button>
            <button onClick={close}>Cancel</button>
          </div>
        </Modal>
      )}
    </div>
  );
}
