import { type SubmitEvent, useState } from 'react';
import { useApi } from '../api/api.ts';
import { useAsk, useDo } from '../api/ask.ts';
import { useStore } from '../api/store.ts';
import { PushAddressDocument, MonitorMetricDocument } from '../generated/graphql.ts';
import { CopyBlock } from '../parts/copy-block.tsx';
import { Notice } from '../parts/notice.tsx';
import { FirstPoint } from './first-point.tsx';
import { readMonitored } from './read-monitored.ts';
import { writeSnippets } from './snippets.ts';

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
  const save = async (event: SubmitEvent) => {
    event.preventDefault();
    const custom = { name: name.trim(), ...(resource.trim() === '' ? {} : { resource: resource.trim() }) };
    const outcome = await monitor({
      input: { spec: { custom }, ...(unit.trim() === '' ? {} : { unit: unit.trim() }) },
    });
    const monitored = readMonitored(outcome);
    setProblem(monitored.kind === 'problem' ? monitored.text : null);
    if (monitored.kind === 'done') setMade(monitored);
  };
  return (
    <div className="stack">
      <form className="card stack" onSubmit={(event) => void save(event)}>
        <div className="fields">
          <label className="field">
            <span>Name</span>
            <input
              value={name}
              placeholder="shop.orders"
              required
              maxLength={4096}
              onChange={({ target }) => setName(target.value)}
            />
          </label>
          <label className="field">
            <span>Resource (optional)</span>
            <input
              value={resource}
              placeholder="shop/web-1"
              onChange={({ target }) => setResource(target.value)}
            />
          </label>
          <label className="field">
            <span>Unit (optional)</span>
            <input value={unit} placeholder="Count" onChange={({ target }) => setUnit(target.value)} />
          </label>
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
