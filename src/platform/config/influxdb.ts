/** InfluxDB: the server's own monitoring and series read from there. */
import { httpUrl, onOff, secret, setting, text, wholeNumber, type Setting } from './setting.ts';

export const INFLUXDB_SETTINGS = {
  influxdbUrl: setting('LAPWING_INFLUXDB_URL', httpUrl.optional()).about(
    'InfluxDB 2 the server writes its own monitoring to, and reads series from; with its organisation and bucket.',
  ),
  influxdbOrg: setting('LAPWING_INFLUXDB_ORG', text).about('Organisation there.'),
  influxdbBucket: setting('LAPWING_INFLUXDB_BUCKET', text).about("Bucket of the server's own points."),
  influxdbToken: secret('LAPWING_INFLUXDB_TOKEN', text).about('API token for it.'),
  influxdbScores: setting('LAPWING_INFLUXDB_SCORES', onOff, 'off').about(
    'Write the score of every judged point there too, as measurement anomaly: on or off.',
  ),
  monitoringFlushSeconds: setting('LAPWING_MONITORING_FLUSH_SECONDS', wholeNumber(1, 3600), '1').about(
    'Seconds between two writes of own points to InfluxDB.',
  ),
} as const satisfies Record<string, Setting<unknown>>;
