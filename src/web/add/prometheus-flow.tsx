import { useMemo, useState } from 'react';
import { Link } from 'wouter';
import { useDo } from '../api/ask.ts';
import { useSubmit } from '../api/use-submit.ts';
import { MonitorMetricDocument } from '../generated/graphql.ts';
import { ProblemContext, readProblem } from '../parts/field-problem.ts';
import { LongTextField, TextField } from '../parts/form-field.tsx';
import { Notice } from '../parts/notice.tsx';
import { type Monitored, readMonitored } from './read-monitored.ts';

/** An expression of PromQL that the server reads from its Prometheus. */
export function PrometheusFlow() {
  const [query, setQuery] = useState('');
  const [name, setName] = useState('');
  const [periodSeconds, setPeriod] = useState('60');
  const [result, setResult] = useState<Monitored | null>(null);
  // One problem takes the focus once.
  const fieldProblem = useMemo(
    () => (result?.kind === 'problem' ? readProblem(result.text) : null),
    [result],
  );
  const monitor = useDo(MonitorMetricDocument);
  const save = useSubmit(async () => {
    const named = name.trim() === '' ? {} : { name: name.trim() };
    const prometheus = { query: query.trim(), periodSeconds: Number(periodSeconds), ...named };
    setResult(readMonitored(await monitor({ input: { spec: { prometheus } } })));
  });
  return (
    <ProblemContext value={fieldProblem}>
      <form className="card stack" onSubmit={save}>
        <p className="quiet">
          The server reads the Prometheus it is started with: <code>LAPWING_PROMETHEUS_URL</code>.
        </p>
        <LongTextField
          at="spec.prometheus.query"
          label="PromQL expression"
          hint="At any time it gives one series, such as sum(rate(http_requests_total[5m]))."
          rows={3}
          value={query}
          onChange={setQuery}
        />
        <div className="fields">
          <TextField
            at="spec.prometheus.name"
            label="Name (optional)"
            hint="That of the series, or the expression, when left empty."
            value={name}
            onChange={setName}
          />
          <TextField
            at="spec.prometheus.periodSeconds"
            label="Read every (s)"
            hint="Not more often than its series are scraped."
            isRequired
            value={periodSeconds}
            onChange={setPeriod}
          />
        </div>
        <div className="line">
          <button className="main">Monitor expression</button>
        </div>
        {result?.kind === 'problem' ? <Notice kind="problem">{result.text}</Notice> : null}
        {result?.kind === 'done' ? (
          <Notice kind="done" title={result.isNew ? 'Monitored' : 'Already monitored'}>
            <Link href={`/metric/${encodeURIComponent(result.id)}`}>{result.name}</Link>
          </Notice>
        ) : null}
      </form>
    </ProblemContext>
  );
}
