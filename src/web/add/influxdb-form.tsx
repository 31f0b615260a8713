import { useState } from 'react';
import { Link } from 'wouter';
import { useDo } from '../api/ask.ts';
import { useSubmit } from '../api/use-submit.ts';
import { type SourcesQuery, MonitorMetricDocument } from '../generated/graphql.ts';
import { Notice } from '../parts/notice.tsx';
import { AGGREGATES, type SeriesDraft, writeSeries } from './influxdb-series.ts';
import { readMonitored, type Monitored } from './read-monitored.ts';
import { Labelled, Select } from '../parts/form-field.tsx';

type MeasurementType = SourcesQuery['resourceTypes'][number];

/** Which series of a measurement, and how its points become samples. */
export function InfluxdbForm({ type }: { readonly type: MeasurementType }) {
  const dimensions = type.metrics[0]?.dimensions ?? [];
  const [draft, setDraft] = useState<SeriesDraft>({
    field: type.metrics[0]?.metric ?? '',
    tags: {},
    aggregate: 'MEAN',
    periodSeconds: type.metrics[0]?.periodSeconds ?? 60,
    resourceTag: '',
  });
  const change = (part: Partial<SeriesDraft>) => setDraft({ ...draft, ...part });
  const [unit, setUnit] = useState('');
  const [monitored, setMonitored] = useState<Monitored | null>(null);
  const monitor = useDo(MonitorMetricDocument);
  const save = useSubmit(async () => {
    const spec = { influxdb: writeSeries(type, draft) };
    setMonitored(
      readMonitored(await monitor({ input: { spec, unit: unit.trim() === '' ? null : unit.trim() } })),
    );
  });
  return (
    <form className="stack" aria-label="The series" onSubmit={save}>
      <section className="card fields" aria-label="What of it">
        <Labelled label="2. Field">
          <Select
            choices={type.metrics.map(({ metric }) => [metric, metric])}
            value={draft.field}
            onChange={(field) => change({ field })}
          />
        </Labelled>
        <Labelled label="Points of a period become">
          <Select
            choices={AGGREGATES}
            value={draft.aggregate}
            onChange={(aggregate) => change({ aggregate })}
          />
        </Labelled>
        <Labelled label="Seconds in a period">
          <input
            type="number"
            min="1"
            max="86400"
            required
            value={draft.periodSeconds || ''}
            onChange={({ target }) => change({ periodSeconds: target.valueAsNumber || 0 })}
          />
        </Labelled>
        <Labelled label="Unit (optional)">
          <input value={unit} placeholder="Percent" onChange={({ target }) => setUnit(target.value)} />
        </Labelled>
      </section>
      {dimensions.length === 0 ? null : <TagFields dimensions={dimensions} draft={draft} onChange={change} />}
      <div className="line">
        <button className="main">Monitor this series</button>
      </div>
      {monitored === null ? null : <MonitoredNotice monitored={monitored} />}
    </form>
  );
}

function TagFields(props: {
  readonly dimensions: readonly string[];
  readonly draft: SeriesDraft;
  readonly onChange: (part: Partial<SeriesDraft>) => void;
}) {
  const { dimensions, draft, onChange } = props;
  const given = dimensions.filter((key) => (draft.tags[key] ?? '').trim() !== '');
  return (
    <fieldset className="card picker">
      <legend>Only points with these tags; an empty one may be anything</legend>
      <div className="fields">
        {dimensions.map((key) => (
          <Labelled key={key} label={key}>
            <input
              value={draft.tags[key] ?? ''}
              maxLength={255}
              onChange={({ target }) => onChange({ tags: { ...draft.tags, [key]: target.value } })}
            />
          </Labelled>
        ))}
        <Labelled label="It belongs to">
          <Select
            choices={[
              ['', 'the measurement'],
              ...given.map((key) => [key, `${key} ${draft.tags[key] ?? ''}`] as const),
            ]}
            value={given.includes(draft.resourceTag) ? draft.resourceTag : ''}
            onChange={(resourceTag) => onChange({ resourceTag })}
          />
        </Labelled>
      </div>
    </fieldset>
  );
}

function MonitoredNotice({ monitored }: { readonly monitored: Monitored }) {
  if (monitored.kind === 'problem') return <Notice kind="problem">{monitored.text}</Notice>;
  return (
    <Notice kind="done">
      <p>
        {monitored.name} {monitored.isNew ? 'is monitored.' : 'was monitored already.'}
      </p>
      <Link href={`/metric/${encodeURIComponent(monitored.id)}`}>Open metric</Link>
    </Notice>
  );
}
