/** Where the data lives, how long, and how much of it may wait or be held in memory. */
import { z } from 'zod';
import { decimal, onOff, secret, setting, text, wholeNumber, type Setting } from './setting.ts';

const sealingKey = z
  .string()
  .regex(/^[A-Za-z0-9+/]{43}=?$/, 'expected 32 bytes in base64, as `openssl rand -base64 32` prints them')
  .transform((key): Uint8Array => Buffer.from(key, 'base64'));

export const DATA_SETTINGS = {
  dataDir: setting('LAPWING_DATA_DIR', 'Folder of the embedded database.', z.string().min(1), './data'),
  databaseUrl: secret(
    'DATABASE_URL',
    'A PostgreSQL (14 or newer) to use instead of the embedded one, e.g. postgresql://user:password@host/db.',
    text,
  ),
  standby: setting(
    'LAPWING_STANDBY',
    'on: when another server uses the database of DATABASE_URL, wait, and take over once it is gone. Host metrics are off then.',
    onOff,
    'off',
  ),
  sealingKey: secret(
    'LAPWING_SEALING_KEY',
    'Key that seals the secrets in the database, as `openssl rand -base64 32` prints one. When unset, keys are made in LAPWING_DATA_DIR.',
    sealingKey.optional(),
  ),
  retentionDays: setting(
    'LAPWING_RETENTION_DAYS',
    'Samples are dropped, by month, once both their time and their arrival are older; 0 keeps them for ever.',
    wholeNumber(0, 36_500),
    '90',
  ),
  packAfterHours: setting(
    'LAPWING_PACK_AFTER_HOURS',
    'Scored samples older than this are packed in the background, to a tenth of the space; 0 packs none.',
    decimal(0, 876_000),
    '6',
  ),
  futureToleranceSeconds: setting(
    'LAPWING_FUTURE_TOLERANCE_SECONDS',
    'A point further ahead of the clock than this is refused; one more than 900 s ahead is stored, and scored when its time comes.',
    wholeNumber(0, 31_536_000),
    '86400',
  ),
  reorderSeconds: setting(
    'LAPWING_REORDER_SECONDS',
    'Pushed points are stored at once and scored so many seconds later, in the order of their times; 0 scores them at once.',
    wholeNumber(0, 3600),
    '0',
  ),
  ingestQueuePoints: setting(
    'LAPWING_INGEST_QUEUE_POINTS',
    'Points that may wait to be written before pushers are asked to retry later.',
    wholeNumber(1000, 10_000_000),
    '200000',
  ),
  modelCache: setting(
    'LAPWING_MODEL_CACHE',
    'Models kept in memory; colder ones are restored from their checkpoint when a point comes.',
    wholeNumber(1, 10_000_000),
    '20000',
  ),
  maxMetrics: setting(
    'LAPWING_MAX_METRICS',
    'Maximum number of metrics of an account; points for further names are rejected.',
    wholeNumber(1, 100_000_000),
    '100000',
  ),
  maxNewMetricsPerMinute: setting(
    'LAPWING_MAX_NEW_METRICS_PER_MINUTE',
    'Maximum number of new names the points of an account may create in a minute; as many may come at once.',
    wholeNumber(1, 100_000_000),
    '50000',
  ),
} as const satisfies Record<string, Setting<unknown>>;
