import { Segments } from '../parts/segments.tsx';
import { UnmonitoredLink } from '../unmonitored/unmonitored-link.tsx';
import type { WindowName } from './bars.ts';
import type { ViewState } from './use-view.ts';

const WINDOWS = [
  ['HOURS', '2 h'],
  ['DAYS', '24 h'],
  ['WEEKS', '8 days'],
] as const satisfies readonly (readonly [WindowName, string])[];

const SOURCES = [
  ['', 'Every source'],
  ['HOST', 'This host'],
  ['CUSTOM', 'Pushed'],
  ['CLOUDWATCH', 'CloudWatch'],
  ['AUTOSTACK', 'Autostacks'],
  ['INFLUXDB', 'InfluxDB'],
] as const;

/** What the wall shows, and in which order. */
export function WallToolbar({ view, count }: { readonly view: ViewState; readonly count: string }) {
  return (
    <div className="wall-tools" role="search" aria-label="The wall">
      <input
        type="search"
        placeholder="Filter by name"
        aria-label="Filter by name"
        value={view.text}
        onChange={({ target }) => view.setText(target.value)}
      />
      <select
        aria-label="Source"
        value={view.datasource}
        onChange={({ target }) => view.setDatasource(target.value)}
      >
        {SOURCES.map(([value, text]) => (
          <option key={value} value={value}>
            {text}
          </option>
        ))}
      </select>
      <Segments
        label="Least that is shown"
        choices={[
          ['ALL', 'All'],
          ['YELLOW', '◆ Yellow'],
          ['RED', '▲ Red'],
        ]}
        value={view.least}
        onChoose={view.setLeast}
      />
      <Segments
        label="Order"
        choices={[
          ['ANOMALY', 'Unusual first'],
          ['NAME', 'By name'],
        ]}
        value={view.order}
        onChoose={view.setOrder}
      />
      <Segments label="Time that is shown" choices={WINDOWS} value={view.window} onChoose={view.setWindow} />
      <UnmonitoredLink />
      <span className="quiet count" role="status">
        {count}
      </span>
    </div>
  );
}
