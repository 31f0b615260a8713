/** InfluxDB: the server's own monitoring and series read from there. */
import { httpUrl, onOff, secret, setting, text, wholeNumber, type Setting } from './setting.ts';

export const INFLUXDB_SETTINGS = {
  influxdbUrl: setting(
    'LAPWING_INFLUXDB_URL',
    'InfluxDB 2 the server writes its own monitoring to, and reads series from; with its organisation and bucket.',
    httpUrl.optional(),
  ),
  influxdbOrg: setting('LAPWING_INFLUXDB_ORG', 'Organisation there.', text),
  influxdbBucket: setting('LAPWING_INFLUXDB_BUCKET', "Bucket of the server's own points.", text),
  influxdbToken: secret('LAPWING_INFLUXDB_TOKEN', 'API token for it.', text),
  influxdbScores: setting(
    'LAPWING_INFLUXDB_SCORES',
    'Write the score of every judged point there too, as measurement anomaly: on or off.',
    onOff,
    'off',
  ),
  monitoringFlushSeconds: setting(
    'LAPWING_MONITORING_FLUSH_SECONDS',
    'Seconds between two writes of own points to InfluxDB.',
    wholeNumber(1, 3600),
    '1',
  ),
} as const satisfies Record<string, Setting<unknown>>;
