/** Every type, query, mutation and subscription there is: each file registers its own on the builder. */
import { lexicographicSortSchema, printSchema, type GraphQLSchema } from 'graphql';
import './anomaly-scores.ts';
import { builder } from './builder.ts';
import './failure.ts';
import './metric-changes.ts';
import './metric-samples.ts';
import './metric-status.ts';
import './metrics.ts';
import './monitor-metric.ts';
import './put-metric-data.ts';
import './resources.ts';
import './scalars.ts';
import './server-info.ts';
import './transfer.ts';

export function createSchema(): GraphQLSchema {
  return builder.toSchema({});
}

/** The schema as text, in the order of the alphabet so that it only changes where the schema does. */
export function printSortedSchema(): string {
  return `${printSchema(lexicographicSortSchema(createSchema()))}\n`;
}
