/** Every setting there is. */
import { ACCESS_SETTINGS } from './access.ts';
import { AWS_SETTINGS } from './aws.ts';
import { CLOUDWATCH_SETTINGS } from './cloudwatch.ts';
import { CLUSTER_SETTINGS } from './cluster.ts';
import { DATA_SETTINGS } from './data.ts';
import { DOWNLOAD_SETTINGS } from './downloads.ts';
import { INFLUXDB_SETTINGS } from './influxdb.ts';
import { LIMIT_SETTINGS } from './limits.ts';
import { NOTIFICATION_SETTINGS } from './notifications.ts';
import { OIDC_SETTINGS } from './oidc.ts';
import { PROMETHEUS_SETTINGS } from './prometheus.ts';
import { REMOTE_WRITE_SETTINGS } from './remote-write.ts';
import { SERVER_SETTINGS } from './server.ts';
import { TRACING_SETTINGS } from './tracing.ts';

export const SETTINGS = {
  ...SERVER_SETTINGS,
  ...ACCESS_SETTINGS,
  ...OIDC_SETTINGS,
  ...DATA_SETTINGS,
  ...CLUSTER_SETTINGS,
  ...AWS_SETTINGS,
  ...CLOUDWATCH_SETTINGS,
  ...INFLUXDB_SETTINGS,
  ...PROMETHEUS_SETTINGS,
  ...DOWNLOAD_SETTINGS,
  ...NOTIFICATION_SETTINGS,
  ...REMOTE_WRITE_SETTINGS,
  ...TRACING_SETTINGS,
  ...LIMIT_SETTINGS,
} as const;
