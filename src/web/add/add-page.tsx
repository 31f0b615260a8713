import { Link } from 'wouter';
import { Notice } from '../parts/notice.tsx';
import { AutostackFlow } from './autostack-flow.tsx';
import { InfluxdbFlow } from './influxdb-flow.tsx';
import { PrometheusFlow } from './prometheus-flow.tsx';
import { PushedFlow } from './pushed-flow.tsx';
import { ResourceFlow } from './resource-flow.tsx';
import { TransferFlow } from './transfer-flow.tsx';
import '../style/add.css';

const FLOWS = [
  ['sources', '/add', 'Resources', 'AWS resources, or this host'],
  ['autostack', '/add/autostack', 'Autostack', 'Group of EC2 instances selected by tag, monitored as one'],
  ['influxdb', '/add/influxdb', 'InfluxDB series', 'Read a field from InfluxDB'],
  ['prometheus', '/add/prometheus', 'PromQL expression', 'Read an expression from a Prometheus'],
  ['pushed', '/add/pushed', 'Pushed metric', 'Send your own metrics (API, Graphite, InfluxDB line protocol)'],
  ['transfer', '/add/transfer', 'Import and export', 'Import or export metric configuration and data'],
] as const;

/** Every way to have something monitored. */
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
    case 'prometheus':
      return <PrometheusFlow />;
    case 'pushed':
      return <PushedFlow />;
    case 'transfer':
      return <TransferFlow />;
    default:
      return <Notice title="There is nothing to add by this name." />;
  }
}
