/** What can be taken away: the samples of a selection, and the archive of one metric for an analyst. */
import type pg from 'pg';
import { readLogBounds } from '../score-log/read-log.ts';
import { readSnapshot, streamSamples } from '../samples/stream-samples.ts';
import { NotFoundError } from '../../errors.ts';
import type { Metric, PrismaClient } from '../../generated/prisma/client.ts';
import { METRIC_STATUS_BITS } from '../../model.ts';
import { writeCsvRow } from './csv.ts';
import { type NamedSample, SAMPLE_FORMATS } from './download-format.ts';
import type { ArchiveDownload, SamplesDownload } from './download-link.ts';
import type { MetricEntry, MetricLookup } from '../metrics/registry.ts';
import { findMetrics } from '../score-log/find-metrics.ts';
import { leastScore } from '../score-log/score-filter.ts';

/** To be read to its end before the next one is asked for. */
export interface ArchiveFile {
  readonly name: string;
  readonly bytes: number;
  readonly content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}

/** The oldest of them; a server that has more is written on by a program. */
const MAX_ANNOTATIONS = 10_000;
/** As HTM-IT named them, and what there is beyond. */
const CSV_NAMES = [
  'uid',
  'rowid',
  'timestamp',
  'metric_value',
  'raw_anomaly_score',
  'anomaly_score',
  'expected',
  'expected_low',
  'expected_high',
  'view',
  'provisional',
  'episode',
];

interface ArchiveOptions {
  readonly pool: pg.Pool;
  readonly prisma: PrismaClient;
  readonly registry: MetricLookup;
}

export class Archive {
  readonly #pool: pg.Pool;
  readonly #prisma: PrismaClient;
  readonly #registry: MetricLookup;

  constructor(options: ArchiveOptions) {
    this.#pool = options.pool;
    this.#prisma = options.prisma;
    this.#registry = options.registry;
  }

  /**
   * The samples a link is for, page by page, scored ones only unless it says otherwise; metrics by name.
   */
  async *readSamples(what: SamplesDownload): AsyncGenerator<Uint8Array> {
    const parts = { pool: this.#pool, registry: this.#registry };
    const metrics = sortByName(await findMetrics(what.filter, parts));
    const { header, write } = SAMPLE_FORMATS[what.format];
    const { rowIds, limit, fromMs, toMs, unscored } = what;
    const least = leastScore(what.filter);
    const selection = {
      metricNumbers: [...metrics.keys()],
      rowIds,
      limit,
      fromMs,
      toMs,
      minScore: unscored && least === 0 ? null : least,
    };
    yield* readSnapshot(this.#pool, async function* (client) {
      if (header.byteLength > 0) yield header;
      for await (const page of streamSamples(client, selection)) {
        yield write(
          page.map((sample): NamedSample => ({ ...sample, ...nameOf(metrics, sample.metricNumber) })),
        );
      }
    });
  }

  /**
   * metric.json, then metric_data.csv, as they were at one moment.
   * @throws NotFoundError before the first
   */
  async *readFiles({ metricId, comment }: ArchiveDownload): AsyncGenerator<ArchiveFile> {
    const metric = await this.#prisma.metric.findUnique({
      where: { id: metricId },
      include: { labels: { orderBy: { from: 'asc' } } },
    });
    if (metric === null) throw new NotFoundError(`no metric has the id ${metricId}`);
    const { labels, accountId, server } = metric;
    const { epoch } = await readLogBounds(this.#pool);
    const annotations = await this.#prisma.annotation.findMany({
      where: { accountId, server },
      omit: { accountId: true },
      orderBy: { timestamp: 'asc' },
      take: MAX_ANNOTATIONS,
    });
    const described = {
      comment,
      // Random, and the same for the life of the database.
      server_id: epoch,
      // A text within the text, as it always was.
      metric: JSON.stringify(describeMetric(metric, this.#registry.byId(metricId))),
      labels: labels.map(({ from, to, kind, note, createdAt }) => ({
        from,
        to,
        label: kind,
        note,
        createdAt,
      })),
      annotations,
    };
    yield inMemory('metric.json', `${JSON.stringify(described, null, 2)}\n`);
    const selection = {
      metricNumbers: [metric.number],
      rowIds: null,
      limit: null,
      fromMs: null,
      toMs: null,
      minScore: null,
    };
    yield* readSnapshot(this.#pool, async function* (client) {
      const read = async function* (): AsyncGenerator<Buffer> {
        yield Buffer.from(writeCsvRow(CSV_NAMES));
        for await (const page of streamSamples(client, selection)) {
          yield Buffer.from(page.map((sample) => writeCsvRow(toCsvRow(metricId, sample))).join(''));
        }
      };
      // A tar says how long a file is before the file: it is read once to be measured, and once to be sent.
      let bytes = 0;
      for await (const part of read()) bytes += part.byteLength;
      yield { name: 'metric_data.csv', bytes, content: read() };
    });
  }
}

/** By name, in which order they come. */
function sortByName(metrics: readonly MetricEntry[]) {
  const chosen = metrics.toSorted((a, b) =>
    a.name < b.name ? -1 : a.name > b.name ? 1 : a.number - b.number,
  );
  return new Map(chosen.map(({ number, id, name }) => [number, { uid: id, name }]));
}

function nameOf(
  metrics: ReadonlyMap<number, { readonly uid: string; readonly name: string }>,
  number: number,
) {
  const metric = metrics.get(number);
  if (metric === undefined) throw new Error(`a sample of metric ${number} was not asked for`);
  return metric;
}

function describeMetric(metric: Metric, progress: MetricEntry | undefined) {
  const { id, datasource, name, description, server, location, status, message, tagName } = metric;
  const lastMs = progress?.lastTimestampMs ?? null;
  return {
    uid: id,
    datasource: datasource.toLowerCase(),
    name,
    description,
    server,
    location,
    parameters: metric.spec,
    model_params: metric.modelParams,
    status: METRIC_STATUS_BITS[status],
    message,
    last_timestamp: lastMs === null ? null : new Date(lastMs),
    poll_interval: metric.periodSeconds,
    tag_name: tagName,
    last_rowid: progress?.lastRowId ?? 0,
    display_name: tagName === null ? server : `${tagName} (${server})`,
    unit: metric.unit,
    policy: {
      direction: metric.direction,
      minDeviation: metric.minDeviation,
      minDeviationRatio: metric.minDeviationRatio,
    },
  };
}

function toCsvRow(uid: string, sample: Omit<NamedSample, 'uid' | 'name'>) {
  const { rowId, timestampMs, value, rawScore, score, expected, low, high, view, provisional, episode } =
    sample;
  const time = new Date(timestampMs).toISOString();
  return [uid, rowId, time, value, rawScore, score, expected, low, high, view, provisional, episode];
}

function inMemory(name: string, text: string): ArchiveFile {
  const content = Buffer.from(text);
  return { name, bytes: content.byteLength, content: [content] };
}
