/** Where the data lives, how long, and how much of it may wait or be held in memory. */
import { z } from 'zod';
import { decimal, onOff, secret, setting, text, wholeNumber, type Setting } from './setting.ts';

const sealingKey = z
  .string()
  .regex(/^[A-Za-z0-9+/]{43}=?$/, 'expected 32 bytes in base64, as `openssl rand -base64 32` prints them')
  .transform((key): Uint8Array => Buffer.from(key, 'base64'));

export const DATA_SETTINGS = {
  dataDir: setting('LAPWING_DATA_DIR', z.string().min(1), './data').about('Folder of the embedded database.'),
  databaseUrl: secret('DATABASE_URL', text).about(
    'A PostgreSQL (14 or newer) to use instead of the embedded one, e.g. postgresql://user:password@host/db.',
  ),
  standby: setting('LAPWING_STANDBY', onOff, 'off').about(
    'on: when another server uses the database of DATABASE_URL, wait, and take over once it is gone. Host metrics are off then.',
  ),
  sealingKey: secret('LAPWING_SEALING_KEY', sealingKey.optional()).about(
    'Key that seals the secrets in the database, as `openssl rand -base64 32` prints one. When unset, keys are made in LAPWING_DATA_DIR.',
  ),
  retentionDays: setting('LAPWING_RETENTION_DAYS', wholeNumber(0, 36_500), '90').about(
    'Samples are dropped, by month, once both their time and their arrival are older; 0 keeps them for ever.',
  ),
  packAfterHours: setting('LAPWING_PACK_AFTER_HOURS', decimal(0, 876_000), '6').about(
    'Scored samples older than this are packed in the background, to a tenth of the space; 0 packs none.',
  ),
  futureToleranceSeconds: setting(
    'LAPWING_FUTURE_TOLERANCE_SECONDS',
    wholeNumber(0, 31_536_000),
    '86400',
  ).about(
    'A point further ahead of the clock than this is refused; one more than 900 s ahead is stored, and scored when its time comes.',
  ),
  reorderSeconds: setting('LAPWING_REORDER_SECONDS', wholeNumber(0, 3600), '0').about(
    'Pushed points are stored at once and scored so many seconds later, in the order of their times; 0 scores them at once.',
  ),
  ingestQueuePoints: setting('LAPWING_INGEST_QUEUE_POINTS', wholeNumber(1000, 10_000_000), '200000').about(
    'Points that may wait to be written before pushers are asked to retry later.',
  ),
  modelCache: setting('LAPWING_MODEL_CACHE', wholeNumber(1, 10_000_000), '20000').about(
    'Models kept in memory; colder ones are restored from their checkpoint when a point comes.',
  ),
  maxMetrics: setting('LAPWING_MAX_METRICS', wholeNumber(1, 100_000_000), '100000').about(
    'Maximum number of metrics of an account; points for further names are rejected.',
  ),
  maxNewMetricsPerMinute: setting(
    'LAPWING_MAX_NEW_METRICS_PER_MINUTE',
    wholeNumber(1, 100_000_000),
    '50000',
  ).about(
    'Maximum number of new names the points of an account may create in a minute; as many may come at once.',
  ),
} as const satisfies Record<string, Setting<unknown>>;
