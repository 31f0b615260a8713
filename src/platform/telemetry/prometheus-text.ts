/**
 * The server's numbers as Prometheus reads them.
 * https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format (version 0.0.4)
 */
import type { Family } from './family.ts';
import type { Reading } from './metrics.ts';

export const PROMETHEUS_CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** Every statistic; those split by a reason carry it as a label. */
export function describeReadings(readings: readonly Reading[]): readonly Family[] {
  const families = new Map<string, Family & { readonly samples: Family['samples'][number][] }>();
  for (const { name, kind, help, reason, value } of readings) {
    const family = families.get(name) ?? {
      name: `lapwing_${name}${kind === 'counter' ? '_total' : ''}`,
      kind,
      help,
      samples: [],
    };
    families.set(name, family);
    family.samples.push({ labels: reason === null ? {} : { reason }, value });
  }
  return [...families.values()];
}

/** The text of all families, in their order. */
export function renderFamilies(families: readonly Family[]): string {
  return families.map(renderFamily).join('');
}

function renderFamily({ name, kind, help, samples }: Family): string {
  const lines = samples.map(
    ({ suffix = '', labels, value }) => `${name}${suffix}${renderLabels(labels)} ${renderValue(value)}\n`,
  );
  return `# HELP ${name} ${escapeHelp(help)}\n# TYPE ${name} ${kind}\n${lines.join('')}`;
}

function renderLabels(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([label, value]) => `${label}="${escapeLabel(value)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

/** Not-a-number and the infinities have names of their own there. */
function renderValue(value: number): string {
  if (value === Infinity) return '+Inf';
  return value === -Infinity ? '-Inf' : String(value);
}

function escapeHelp(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
}

function escapeLabel(text: string): string {
  return escapeHelp(text).replaceAll('"', '\\"');
}
