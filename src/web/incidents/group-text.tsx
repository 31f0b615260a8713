import { Link } from 'wouter';
import type { IncidentRowFragment } from '../generated/graphql.ts';

/** How many of how many metrics were anomalous at once, and which were the worst. */
export function GroupText({ group }: { readonly group: NonNullable<IncidentRowFragment['group']> }) {
  const { anomalousCount, peakCount, worst } = group;
  return (
    <>
      <p>
        {describeGroup(group)}
        {peakCount > anomalousCount ? `; ${peakCount} at its worst` : ''}.
      </p>
      <ul className="line" aria-label="Worst metrics">
        {worst.map(({ metricName, instance, metric }) => (
          <li key={`${instance} ${metricName}`}>
            {metric === null ? (
              metricName
            ) : (
              <Link href={`/metric/${encodeURIComponent(metric.id)}`}>{metricName}</Link>
            )}
          </li>
        ))}
      </ul>
    </>
  );
}

/** Such as 12 of 30 metrics anomalous. */
export function describeGroup({
  anomalousCount,
  metricCount,
}: Pick<NonNullable<IncidentRowFragment['group']>, 'anomalousCount' | 'metricCount'>): string {
  return `${anomalousCount} of ${metricCount} metrics anomalous`;
}
