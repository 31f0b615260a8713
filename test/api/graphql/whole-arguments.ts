/** Arguments with which every field of the API has an answer. */

/** Arguments that are needed, or without which there is nothing to see. */
export function writeArguments({
  metricId,
  startMs,
  untilMs,
}: {
  /** Of a metric with scores. */
  readonly metricId: string;
  /** Of its first sample. */
  readonly startMs: number;
  readonly untilMs: number;
}): (field: string, argument: string) => string | undefined {
  const range: Readonly<Record<string, string>> = {
    from: `"${new Date(startMs).toISOString()}"`,
    to: `"${new Date(startMs + 86_400_000).toISOString()}"`,
  };
  const byField: Readonly<Record<string, string>> = {
    'Query.metric.id': `"${metricId}"`,
    'Query.node.id': `"${metricId}"`,
    'Query.nodes.ids': `["${metricId}"]`,
    'Query.exportModels.ids': `["${metricId}"]`,
    'Query.exportMetricArchive.id': `"${metricId}"`,
    'Query.metricData.filter': '{}',
    'Query.outliers.filter': '{}',
    'Query.anomalyRate.from': range.from ?? '',
    'Query.anomalyRate.to': range.to ?? '',
    'Query.anomalyCorrelations.from': range.from ?? '',
    'Query.anomalyCorrelations.to': range.to ?? '',
    'Query.anomalyCorrelations.metricId': `"${metricId}"`,
    'ServerInfo.unknownCounters.names': '["nope"]',
    'Query.metricDataDownload.filter': '{}',
    'Query.wall.by': 'METRIC',
    'Query.scoreSeries.input': `{ metricId: "${metricId}" }`,
    'Query.cloudwatchStatistics.input': `{ namespace: "A", name: "m", from: ${range.from ?? ''}, to: ${range.to ?? ''}, periodSeconds: 60 }`,
    'Query.previewLabel.input': `{ metricId: "${metricId}", from: ${range.from ?? ''}, label: REAL }`,
    'Query.previewNotificationRule.input': '{ sensitivity: 0.9999 }',
    'Query.previewMonitoringPolicy.match': '{ namePattern: "*" }',
    'Query.monitoringPolicyByName.name': '"canary"',
    'Query.metricBySpec.spec': '{ custom: { name: "own.metric" } }',
    'Query.matchNotificationChannels.ruleId': '"NotificationRule:00000000-0000-4000-8000-000000000000"',
    'Query.matchNotificationChannels.channels': '[{ email: { to: ["a@example.com"] } }]',
    'Query.previewAutostack.region': '"us-west-2"',
    'Query.previewAutostack.filters': '[{ key: "a", values: ["b"] }]',
  };
  return (field, argument) => {
    const known = byField[`${field}.${argument}`];
    if (known !== undefined) return known;
    if (argument === 'id') return '"Incident:00000000-0000-4000-8000-000000000000"';
    if (argument === 'first') return '2';
    // Where there is something to see.
    if (argument === 'until') return `"${new Date(untilMs).toISOString()}"`;
    return undefined;
  };
}
