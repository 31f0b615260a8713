import type { MetricSelection } from '../../../src/core/metric-lists/select-metrics.ts';

/** Lets every metric through. */
export const EVERY_METRIC: MetricSelection = {
  accountId: null,
  ids: null,
  names: null,
  nameContains: null,
  namePattern: null,
  datasources: null,
  statuses: null,
  servers: null,
  locations: null,
  autostackIds: null,
  memberOfAutostackIds: null,
  tags: [],
  leastScore: null,
};
