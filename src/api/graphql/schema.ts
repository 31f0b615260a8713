/** Every type, query, mutation and subscription there is: each file registers its own on the builder. */
import {
  DirectiveLocation,
  GraphQLDirective,
  GraphQLOneOfDirective,
  printSchema,
  specifiedDirectives,
  type GraphQLSchema,
} from 'graphql';
import './metrics/annotation.ts';
import './scores/anomaly-scores.ts';
import './operator/api-key.ts';
import './scores/archive-upload.ts';
import './operator/audit-entry.ts';
import './inventory/autostack-changes.ts';
import './inventory/autostack.ts';
import './scores/anomaly-correlations.ts';
import './scores/bar.ts';
import { builder } from './builder/builder.ts';
import './metrics/bulk.ts';
import './cloudwatch/cloudwatch-metrics.ts';
import './cloudwatch/cloudwatch-statistics.ts';
import './scores/download.ts';
import './error-types.ts';
import './incidents/incident-changes.ts';
import './incidents/incident-events.ts';
import './incidents/incident-group.ts';
import './incidents/incident.ts';
import './scores/group-anomaly.ts';
import './incidents/incident-label.ts';
import './scores/label-preview.ts';
import './scores/outliers.ts';
import './scores/label.ts';
import './scores/incident-link.ts';
import './metrics/metric-changes.ts';
import './scores/metric-data-list.ts';
import './scores/metric-samples.ts';
import './metrics/metric-status.ts';
import './metrics/metrics.ts';
import './metrics/monitor-metric.ts';
import './incidents/notification-rule-changes.ts';
import './incidents/notification-rule-preview.ts';
import './incidents/silence.ts';
import './incidents/notification-rule.ts';
import './incidents/notification.ts';
import './cloudwatch/put-cloudwatch-metric-data.ts';
import './panels/panel-link.ts';
import './policies/monitoring-policy-changes.ts';
import './policies/monitoring-policy.ts';
import './metrics/put-metric-data.ts';
import './inventory/region.ts';
import './inventory/resources.ts';
import './builder/scalars.ts';
import './scores/score-series.ts';
import './operator/server-info.ts';
import './operator/set-monitoring-flush.ts';
import './metrics/transfer.ts';
import './scores/wall.ts';

export function createSchema(): GraphQLSchema {
  return builder.toSchema({ directives: listDirectives() });
}

/**
 * Those of graphql, without a place that directives may have in a draft of the specification alone, and that nothing here
 * uses: clients of typed languages that ask for the schema read places as an enum, and fail on one they do not know.
 */
function listDirectives(): GraphQLDirective[] {
  return specifiedDirectives.map((directive) => {
    const locations = directive.locations.filter((place) => place !== DirectiveLocation.DIRECTIVE_DEFINITION);
    return locations.length === directive.locations.length
      ? directive
      : new GraphQLDirective({ ...directive.toConfig(), locations });
  });
}

/**
 * The schema as text. The builder sorts it, so that the text only changes where the schema does. The specification has
 * @oneOf since September 2025 only: tools that are older refuse a directive that the text does not define.
 */
export function writeSchema(): string {
  const { name, description, locations } = GraphQLOneOfDirective;
  const oneOf = `"""${description ?? ''}"""\ndirective @${name} on ${locations.join(' | ')}`;
  return `${oneOf}\n\n${printSchema(createSchema())}\n`;
}
