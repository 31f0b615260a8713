import { useState } from 'react';
import { Link } from 'wouter';
import { findProblem, useAsk, useDo } from '../api/ask.ts';
import {
  type Datasource,
  SourcesDocument,
  type SourcesQuery,
  MonitorResourceDocument,
  MonitorMetricDocument,
} from '../generated/graphql.ts';
import { Answered } from '../parts/answer.tsx';
import { useUrlState } from '../parts/url-state.ts';
import { ItemResults } from './item-results.tsx';
import { MetricPicker } from './metric-picker.tsx';
import { ResourcePicker } from './resource-picker.tsx';
import { useItems } from './use-items.ts';
import { Labelled, Select } from '../parts/form-field.tsx';
import { readMonitored } from './read-monitored.ts';

type ResourceType = SourcesQuery['resourceTypes'][number];

const SOURCES = [
  ['CLOUDWATCH', 'Amazon CloudWatch'],
  ['HOST', 'This host'],
] as const;

/** Source, region, type, resources, metrics: each choice opens the next. */
export function ResourceFlow() {
  const answer = useAsk(SourcesDocument, {});
  return (
    <Answered answer={answer} what="the catalogue">
      {(data) => <Steps data={data} />}
    </Answered>
  );
}

function Steps({ data }: { readonly data: SourcesQuery }) {
  const [sourceText, setSource] = useUrlState('source');
  const [region, setRegion] = useUrlState('region');
  const [typeName, setType] = useUrlState('type');
  const hasHost = data.resourceTypes.some(({ datasource }) => datasource === 'HOST');
  const source: Datasource = sourceText === 'HOST' && hasHost ? 'HOST' : 'CLOUDWATCH';
  const types = data.resourceTypes.filter(({ datasource }) => datasource === source);
  const type = types.find(({ name }) => name === typeName) ?? (types.length === 1 ? types[0] : undefined);
  const needsRegion = source === 'CLOUDWATCH';
  return (
    <div className="stack">
      <section className="card fields" aria-label="Where to look">
        <Labelled label="1. Source">
          <Select
            choices={SOURCES.filter(([name]) =>
              data.resourceTypes.some(({ datasource }) => datasource === name),
            )}
            value={source}
            onChange={(chosen) => setSource(chosen === 'CLOUDWATCH' ? '' : chosen)}
          />
        </Labelled>
        {needsRegion ? (
          <Labelled label="2. Region">
            <Select
              choices={[
                ['', 'Choose a region'],
                ...data.regions.map(({ name, description }) => [name, `${name} · ${description}`] as const),
              ]}
              value={region}
              onChange={setRegion}
            />
          </Labelled>
        ) : null}
        {needsRegion ? (
          <Labelled label="3. Type">
            <Select
              choices={[['', 'Choose a type'], ...types.map(({ name }) => [name, name] as const)]}
              value={type?.name ?? ''}
              onChange={setType}
            />
          </Labelled>
        ) : null}
      </section>
      {type !== undefined && source === 'HOST' ? <HostChoices type={type} /> : null}
      {type === undefined || !needsRegion || region === '' ? null : (
        <Choices key={`${region} ${type.name}`} source={source} region={region} type={type} />
      )}
    </div>
  );
}

function Choices(props: {
  readonly source: Datasource;
  readonly region: string;
  readonly type: ResourceType;
}) {
  const { source, region, type } = props;
  const [resources, setResources] = useState<ReadonlyMap<string, string>>(new Map());
  const [metrics, setMetrics] = useState<ReadonlySet<string>>(
    () => new Set(type.metrics.filter(({ isDefault }) => isDefault).map(({ metric }) => metric)),
  );
  const monitor = useDo(MonitorResourceDocument);
  const { items, isWorking, begin } = useItems();
  const start = () =>
    begin(
      [...resources].map(([id, title]) => ({
        key: id,
        title,
        run: async () => {
          const problem = findProblem(await monitor({ input: { id, metrics: [...metrics] } }));
          return problem === null ? { text: 'is monitored' } : { problem };
        },
      })),
    );
  return (
    <>
      <div className="pickers">
        <ResourcePicker
          source={source}
          region={region}
          type={type.name}
          chosen={resources}
          onChoose={setResources}
        />
        <MetricPicker metrics={type.metrics} chosen={metrics} onChoose={setMetrics} />
      </div>
      <div className="line">
        <button
          className="main"
          disabled={resources.size === 0 || metrics.size === 0 || isWorking}
          onClick={() => void start()}
        >
          Monitor {metrics.size} {metrics.size === 1 ? 'metric' : 'metrics'} of {resources.size}{' '}
          {resources.size === 1 ? 'resource' : 'resources'}
        </button>
      </div>
      <ItemResults items={items} label="What became of the resources" />
      {items.some(({ state }) => state === 'done') && !isWorking ? (
        <Link href="/">See them on the wall</Link>
      ) : null}
    </>
  );
}

/** The host has one resource, itself: only its metrics are to be chosen. */
function HostChoices({ type }: { readonly type: SourcesQuery['resourceTypes'][number] }) {
  const [metrics, setMetrics] = useState<ReadonlySet<string>>(
    () => new Set(type.metrics.filter(({ isDefault }) => isDefault).map(({ metric }) => metric)),
  );
  const monitor = useDo(MonitorMetricDocument);
  const { items, isWorking, begin } = useItems();
  const start = () =>
    begin(
      [...metrics].map((metric) => ({
        key: metric,
        title: metric,
        run: async () => {
          const monitored = readMonitored(await monitor({ input: { spec: { host: { metric } } } }));
          if (monitored.kind === 'problem') return { problem: monitored.text };
          return { text: monitored.isNew ? 'is monitored' : 'was monitored already' };
        },
      })),
    );
  return (
    <>
      <MetricPicker metrics={type.metrics} chosen={metrics} onChoose={setMetrics} />
      <div className="line">
        <button className="main" disabled={metrics.size === 0 || isWorking} onClick={() => void start()}>
          Monitor {metrics.size} {metrics.size === 1 ? 'metric' : 'metrics'} of this host
        </button>
      </div>
      <ItemResults items={items} label="What became of the metrics" />
      {items.some(({ state }) => state === 'done') && !isWorking ? (
        <Link href="/">See them on the wall</Link>
      ) : null}
    </>
  );
}
