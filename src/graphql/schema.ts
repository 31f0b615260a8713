/** Every type, query, mutation and subscription there is: each file registers its own on the builder. */
import { printSchema, type GraphQLSchema } from 'graphql';
import './annotation.ts';
import './anomaly-scores.ts';
import './api-key.ts';
import './archive-upload.ts';
import './audit-entry.ts';
import './autostack-changes.ts';
import './autostack.ts';
import './bar.ts';
import { builder } from './builder.ts';
import './bulk.ts';
import './cloudwatch-metrics.ts';
import './cloudwatch-statistics.ts';
import './download.ts';
import './failure.ts';
import './incident-changes.ts';
import './incident-events.ts';
import './incident.ts';
import './group-anomaly.ts';
import './incident-label.ts';
import './label.ts';
import './metric-changes.ts';
import './metric-samples.ts';
import './metric-status.ts';
import './metrics.ts';
import './monitor-metric.ts';
import './notification-rule-changes.ts';
import './notification-rule.ts';
import './notification.ts';
import './put-cloudwatch-metric-data.ts';
import './put-metric-data.ts';
import './region.ts';
import './resources.ts';
import './scalars.ts';
import './score-series.ts';
import './server-info.ts';
import './set-monitoring-flush.ts';
import './transfer.ts';
import './wall.ts';

export function createSchema(): GraphQLSchema {
  return builder.toSchema({});
}

/** The schema as text. The builder sorts it, so that the text only changes where the schema does. */
export function writeSchema(): string {
  return `${printSchema(createSchema())}\n`;
}
