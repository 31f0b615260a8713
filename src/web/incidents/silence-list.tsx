import { useState } from 'react';
import { Link } from 'wouter';
import { findProblem, useAsk, useDo } from '../api/ask.ts';
import { serverClock } from '../api/server-clock.ts';
import { useEvery } from '../api/use-every.ts';
import { EndSilenceDocument, SilencesDocument } from '../generated/graphql.ts';
import { Notice } from '../parts/notice.tsx';
import { TimeText } from '../parts/time-text.tsx';

/** That one was made elsewhere, or ended, is announced to nobody. */
const READ_AGAIN_MS = 15_000;

/** The silences that last, each with an end to it; nothing while there are none. */
export function SilenceList() {
  const { data, askAgain } = useAsk(SilencesDocument, {});
  const end = useDo(EndSilenceDocument);
  const [problem, setProblem] = useState<string | null>(null);
  useEvery(READ_AGAIN_MS, askAgain);
  const silences = (data?.silences.nodes ?? []).filter(
    ({ endsAt }) => Date.parse(endsAt) > serverClock.now(),
  );
  if (silences.length === 0) return null;
  const endOne = async (id: string) => {
    setProblem(findProblem(await end({ input: { id } })));
    askAgain();
  };
  return (
    <section className="card stack" aria-label="Silences">
      <h2>Silences</h2>
      {problem === null ? null : <Notice kind="problem">{problem}</Notice>}
      <ul className="stack">
        {silences.map(({ id, metric, server, endsAt, comment, createdBy }) => (
          <li key={id} className="line spread">
            <span>
              {metric === null ? (
                <strong>Every metric of {server}</strong>
              ) : (
                <Link href={`/metric/${encodeURIComponent(metric.id)}`}>{metric.name}</Link>
              )}{' '}
              <span className="quiet">
                until <TimeText time={endsAt} />
                {createdBy === null ? '' : ` · by ${createdBy}`}
                {comment === null ? '' : ` · ${comment}`}
              </span>
            </span>
            <button onClick={() => void endOne(id)}>End</button>
          </li>
        ))}
      </ul>
    </section>
  );
}
