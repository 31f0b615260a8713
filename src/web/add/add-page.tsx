import { Link } from 'wouter';
import { Notice } from '../parts/notice.tsx';
import { AutostackFlow } from './autostack-flow.tsx';
import { InfluxdbFlow } from './influxdb-flow.tsx';
import { PushedFlow } from './pushed-flow.tsx';
import { ResourceFlow } from './resource-flow.tsx';
import { TransferFlow } from './transfer-flow.tsx';
import '../style/add.css';

const FLOWS = [
  ['sources', '/add', 'Resources', 'Machines, queues and databases of AWS, or this host'],
  ['autostack', '/add/autostack', 'Autostack', 'Many machines chosen by tags, watched as one'],
  ['influxdb', '/add/influxdb', 'InfluxDB series', 'A field of a measurement, by its tags'],
  ['pushed', '/add/pushed', 'Pushed metric', 'Anything that sends numbers'],
  ['transfer', '/add/transfer', 'Import and export', 'Metrics of another server, or of a file'],
] as const;

/** Every way to have something watched. */
export function AddPage({ flow }: { readonly flow: string }) {
  return (
    <div className="add-page">
      <h1>Add</h1>
      <nav aria-label="What to add" className="flows">
        {FLOWS.map(([name, path, title, text]) => (
          <Link key={name} href={path} aria-current={name === flow ? 'page' : undefined}>
            <strong>{title}</strong>
            <span className="detail">{text}</span>
          </Link>
        ))}
      </nav>
      <Flow flow={flow} />
    </div>
  );
}

function Flow({ flow }: { readonly flow: string }) {
  switch (flow) {
    case 'sources':
      return <ResourceFlow />;
    case 'autostack':
      return <AutostackFlow />;
    case 'influxdb':
      return <InfluxdbFlow />;
    case 'pushed':
      return <PushedFlow />;
    case 'transfer':
      return <TransferFlow />;
    default:
      return <Notice title="There is nothing to add by this name." />;
  }
}
