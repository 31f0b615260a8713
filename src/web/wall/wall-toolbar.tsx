import { Link, useSearchParams } from 'wouter';
import { Segments } from '../parts/segments.tsx';
import { UnmonitoredLink } from '../unmonitored/unmonitored-link.tsx';
import type { WindowName } from './bars.ts';
import type { ViewState } from './use-view.ts';
import { Select } from '../parts/form-field.tsx';

const WINDOWS = [
  ['HOURS', '2 h'],
  ['DAYS', '24 h'],
  ['WEEKS', '8 days'],
] as const satisfies readonly (readonly [WindowName, string])[];

const SOURCES = [
  ['', 'All sources'],
  ['HOST', 'This host'],
  ['CUSTOM', 'Custom (pushed)'],
  ['CLOUDWATCH', 'CloudWatch'],
  ['AUTOSTACK', 'Autostacks'],
  ['INFLUXDB', 'InfluxDB'],
  ['PROMETHEUS', 'Prometheus'],
] as const;

/** What the wall shows, and in which order. */
export function WallToolbar({ view, count }: { readonly view: ViewState; readonly count: string }) {
  return (
    <div className="wall-tools" role="search" aria-label="Overview">
      <input
        type="search"
        placeholder="Search by name"
        aria-label="Search metrics and resources"
        value={view.text}
        onChange={({ target }) => view.setText(target.value)}
      />
      <Select aria-label="Source" choices={SOURCES} value={view.datasource} onChange={view.setDatasource} />
      <Segments
        label="Minimum severity"
        choices={[
          ['ALL', 'All'],
          ['YELLOW', '◆ Warning'],
          ['RED', '▲ Critical'],
        ]}
        value={view.least}
        onChoose={view.setLeast}
      />
      <Segments
        label="Order"
        choices={[
          ['ANOMALY', 'Most anomalous first'],
          ['NAME', 'By name'],
        ]}
        value={view.order}
        onChoose={view.setOrder}
      />
      <Segments label="Time range" choices={WINDOWS} value={view.window} onChoose={view.setWindow} />
      <UnmonitoredLink />
      <WallScreenLink />
      <span className="quiet count" role="status">
        {count}
      </span>
    </div>
  );
}

/** To the same, on a screen that nobody touches. */
function WallScreenLink() {
  const [params] = useSearchParams();
  const search = new URLSearchParams([...params].filter(([name]) => name !== 'wall'));
  search.set('wall', '1');
  return <Link href={`/?${search.toString()}`}>Wall screen</Link>;
}
