import { useState } from 'react';
import { useAsk } from '../api/ask.ts';
import { SourcesDocument, type SourcesQuery } from '../generated/graphql.ts';
import { Answered } from '../parts/answer.tsx';
import { Notice } from '../parts/notice.tsx';
import { InfluxdbForm } from './influxdb-form.tsx';
import { nameMeasurement } from './influxdb-series.ts';
import { Labelled, Select } from '../parts/form-field.tsx';

/** A series of InfluxDB: its measurement out of those that were listed, then which of its series. */
export function InfluxdbFlow() {
  const answer = useAsk(SourcesDocument, {});
  return (
    <Answered answer={answer} what="what InfluxDB has">
      {(data) => <Measurements data={data} onLook={answer.askAgain} />}
    </Answered>
  );
}

function Measurements(props: { readonly data: SourcesQuery; readonly onLook: () => void }) {
  const types = props.data.resourceTypes.filter(({ datasource }) => datasource === 'INFLUXDB');
  const [chosen, setChosen] = useState('');
  const type = types.find(({ name }) => name === chosen) ?? types[0];
  if (type === undefined) {
    return (
      <Notice title="InfluxDB is not configured.">
        <p>
          The server reads one when it is started with <code>LAPWING_INFLUXDB_URL</code>,{' '}
          <code>LAPWING_INFLUXDB_ORG</code>, <code>LAPWING_INFLUXDB_BUCKET</code> and{' '}
          <code>LAPWING_INFLUXDB_TOKEN</code>. What is in it is listed then, and every ten minutes; its log
          says when that fails.
        </p>
        <button onClick={props.onLook}>Look again</button>
      </Notice>
    );
  }
  return (
    <div className="stack">
      <section className="card fields" aria-label="Where to look">
        <Labelled label="1. Measurement">
          <Select
            choices={types.map((row) => {
              const { bucket, measurement } = nameMeasurement(row);
              return [row.name, `${measurement} in ${bucket}`];
            })}
            value={type.name}
            onChange={setChosen}
          />
        </Labelled>
      </section>
      <InfluxdbForm key={type.name} type={type} />
    </div>
  );
}
