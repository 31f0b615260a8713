import { useState } from 'react';
import { Link } from 'wouter';
import { useApi } from '../api/api.ts';
import { useAsk, useDo } from '../api/ask.ts';
import { useSubmit } from '../api/use-submit.ts';
import { useEvery } from '../api/use-every.ts';
import { useStore } from '../api/store.ts';
import { FirstPointDocument, MonitorMetricDocument, PushAddressDocument } from '../generated/graphql.ts';
import { CopyBlock } from '../parts/copy-block.tsx';
import { formatValue } from '../parts/format-number.ts';
import { Notice } from '../parts/notice.tsx';
import { TimeText } from '../parts/time-text.tsx';
import { readMonitored } from './read-monitored.ts';
import { writeSnippets } from './snippets.ts';
import { Labelled } from '../parts/form-field.tsx';

/** A metric whose points somebody sends: its name first, then how to send. */
export function PushedFlow() {
  const { key } = useApi();
  const needsKey = useStore(key.value) !== null;
  const [name, setName] = useState('');
  const [resource, setResource] = useState('');
  const [unit, setUnit] = useState('');
  const [made, setMade] = useState<{ readonly id: string; readonly name: string } | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const monitor = useDo(MonitorMetricDocument);
  const graphiteAddress = useAsk(PushAddressDocument, {}).data?.serverInfo.graphiteAddress ?? null;
  const save = useSubmit(async () => {
    const custom = { name: name.trim(), ...(resource.trim() === '' ? {} : { resource: resource.trim() }) };
    const outcome = await monitor({
      input: { spec: { custom }, ...(unit.trim() === '' ? {} : { unit: unit.trim() }) },
    });
    const monitored = readMonitored(outcome);
    setProblem(monitored.kind === 'problem' ? monitored.text : null);
    if (monitored.kind === 'done') setMade(monitored);
  });
  return (
    <div className="stack">
      <form className="card stack" onSubmit={save}>
        <div className="fields">
          <Labelled label="Name">
            <input
              value={name}
              placeholder="shop.orders"
              required
              maxLength={4096}
              onChange={({ target }) => setName(target.value)}
            />
          </Labelled>
          <Labelled label="Resource (optional)">
            <input
              value={resource}
              placeholder="shop/web-1"
              onChange={({ target }) => setResource(target.value)}
            />
          </Labelled>
          <Labelled label="Unit (optional)">
            <input value={unit} placeholder="Count" onChange={({ target }) => setUnit(target.value)} />
          </Labelled>
        </div>
        <div className="line">
          <button className="main">Create metric</button>
        </div>
        {problem === null ? null : <Notice kind="problem">{problem}</Notice>}
      </form>
      {made === null ? null : (
        <>
          <FirstPoint id={made.id} />
          <section className="card stack" aria-label="How to send points">
            <h2>Send points to {made.name}</h2>
            {writeSnippets({ name: made.name, origin: location.origin, graphiteAddress, needsKey }).map(
              ({ title, text }) => (
                <CopyBlock key={title} title={title} text={text} />
              ),
            )}
          </section>
        </>
      )}
    </div>
  );
}

const EVERY_MS = 2000;

/** Waits for points of a metric that was just made, and says when they come. */
function FirstPoint({ id }: { readonly id: string }) {
  const { data, askAgain } = useAsk(FirstPointDocument, { id });
  useEvery(EVERY_MS, askAgain);
  const metric = data?.metric;
  if (metric == null) return null;
  const { latest, lastRowId } = metric;
  return (
    <Notice
      kind={latest === null ? 'plain' : 'done'}
      title={latest === null ? 'Waiting for its first point' : 'Points come in'}
    >
      {latest === null ? (
        <p>Metric created. Send a first data point:</p>
      ) : (
        <p>
          {lastRowId.toLocaleString('en')} so far, the newest {formatValue(latest.value)} at{' '}
          <TimeText time={latest.timestamp} style="second" />.{' '}
          <Link href={`/metric/${encodeURIComponent(id)}`}>Open metric</Link>
        </p>
      )}
    </Notice>
  );
}
