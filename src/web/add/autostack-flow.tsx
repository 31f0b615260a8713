import { useState } from 'react';
import { Link } from 'wouter';
import { findProblem, useAsk, useDo } from '../api/ask.ts';
import { useSubmit } from '../api/use-submit.ts';
import { CreateAutostackDocument, SourcesDocument, type SourcesQuery } from '../generated/graphql.ts';
import { Answered } from '../parts/answer.tsx';
import { Notice } from '../parts/notice.tsx';
import { MetricPicker } from './metric-picker.tsx';
import { AutostackPreview } from './autostack-preview.tsx';
import { readWholeFilters, TagFilters, type TagFilterDraft } from './tag-filters.tsx';
import { Labelled, Select } from '../parts/form-field.tsx';

/** A group of machines by their tags, with its members shown while one types. */
export function AutostackFlow() {
  const answer = useAsk(SourcesDocument, {});
  return (
    <Answered answer={answer} what="the catalogue">
      {(data) => <AutostackForm data={data} />}
    </Answered>
  );
}

interface SaveNotice {
  readonly kind: 'done' | 'problem';
  readonly text: string;
}

function AutostackForm({ data }: { readonly data: SourcesQuery }) {
  // Groups have metrics of their own beside those of what they are made of.
  const types = data.resourceTypes.filter(({ aggregatable }) => aggregatable);
  const own = data.resourceTypes.filter(({ datasource }) => datasource === 'AUTOSTACK');
  const [typeName, setTypeName] = useState(types[0]?.name ?? '');
  const type = types.find(({ name }) => name === typeName);
  const [name, setName] = useState('');
  const [region, setRegion] = useState('');
  const [drafts, setDrafts] = useState<readonly TagFilterDraft[]>([{ key: 'Name', values: '' }]);
  const [includeStopped, setIncludeStopped] = useState(false);
  const metrics = [...(type?.metrics ?? []), ...own.flatMap((row) => row.metrics)];
  const [chosen, setChosen] = useState<ReadonlySet<string> | null>(null);
  const ticked = chosen ?? new Set(metrics.filter(({ isDefault }) => isDefault).map(({ metric }) => metric));
  const create = useDo(CreateAutostackDocument);
  const [notice, setNotice] = useState<SaveNotice | null>(null);
  const filters = readWholeFilters(drafts);
  const save = useSubmit(async () => {
    const wanted = metrics
      .filter(({ metric }) => ticked.has(metric))
      .map(({ namespace, metric }) => ({ namespace, metric }));
    const input = { name, region, resourceType: typeName, filters, includeStopped, metrics: wanted };
    const problem = findProblem(await create({ input }));
    setNotice(
      problem === null ? { kind: 'done', text: `${name} is monitored.` } : { kind: 'problem', text: problem },
    );
  });
  return (
    <form className="stack" onSubmit={save}>
      <section className="card fields" aria-label="The group">
        <Labelled label="Name">
          <input value={name} onChange={({ target }) => setName(target.value)} required maxLength={255} />
        </Labelled>
        <RegionAndType
          regions={data.regions}
          types={types.map((row) => row.name)}
          region={region}
          typeName={typeName}
          onRegion={setRegion}
          onType={setTypeName}
        />
      </section>
      <TagFilters at="filters" least={1} drafts={drafts} onChange={setDrafts} />
      <label className="choice">
        <input
          type="checkbox"
          checked={includeStopped}
          onChange={({ target }) => setIncludeStopped(target.checked)}
        />
        Include stopped instances
      </label>
      <div className="pickers">
        <AutostackPreview question={{ region, resourceType: typeName, filters, includeStopped }} />
        <MetricPicker metrics={metrics} chosen={ticked} onChoose={setChosen} />
      </div>
      <div className="line">
        <button className="main" disabled={filters.length === 0}>
          Create autostack
        </button>
      </div>
      {notice === null ? null : <Saved notice={notice} />}
    </form>
  );
}

function Saved({ notice: { kind, text } }: { readonly notice: SaveNotice }) {
  return (
    <Notice kind={kind}>
      <p>{text}</p>
      {kind === 'done' ? <Link href="/">Open overview</Link> : null}
    </Notice>
  );
}

function RegionAndType(props: {
  readonly regions: SourcesQuery['regions'];
  readonly types: readonly string[];
  readonly region: string;
  readonly typeName: string;
  readonly onRegion: (region: string) => void;
  readonly onType: (typeName: string) => void;
}) {
  const { regions, types, region, typeName, onRegion, onType } = props;
  return (
    <>
      <Labelled label="Region">
        <Select
          choices={[
            ['', 'Choose a region'],
            ...regions.map(({ name, description }) => [name, `${name} · ${description}`] as const),
          ]}
          value={region}
          onChange={onRegion}
          required
        />
      </Labelled>
      <Labelled label="Of what">
        <Select choices={types.map((name) => [name, name])} value={typeName} onChange={onType} />
      </Labelled>
    </>
  );
}
