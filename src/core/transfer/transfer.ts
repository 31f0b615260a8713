/** Export and import: monitored metrics with their settings and samples, item by item, safe to repeat. */
import type pg from 'pg';
import { readSampleTimes } from '../samples/read-sample-times.ts';
import {
  AlreadyMonitoredError,
  InvalidInputError,
  MetricFailedError,
  NotFoundError,
  NotSupportedError,
} from '../../errors.ts';
import type { Metric, PrismaClient } from '../../generated/prisma/client.ts';
import { DEFAULT_ACCOUNT, type Sample } from '../../model.ts';
import { HISTORY_BATCH_POINTS, type Ingest } from '../ingest/ingest.ts';
import { checkModelParams } from '../metrics/model-params.ts';
import type { Autostacks, NamespaceMetric } from '../monitoring/autostacks.ts';
import type { AutostackDirectory } from '../inventory/autostack-directory.ts';
import { parseExportedTime, parseModelSpec, type ExportedSample, type ModelSpec } from './model-spec.ts';
import type { Labels } from '../annotations/labels.ts';
import { checkAccount } from '../metrics/check-account.ts';
import type { Monitor } from '../monitoring/monitor.ts';
import type { MetricLookup } from '../metrics/registry.ts';
import { writeModel, type ExportedModel } from './write-model.ts';

export interface ImportedModel {
  readonly metricId: string;
  /** False when the metric was monitored already: nothing was changed then. */
  readonly created: boolean;
}

interface TransferOptions {
  readonly pool: pg.Pool;
  readonly prisma: PrismaClient;
  readonly registry: MetricLookup;
  readonly monitor: Monitor;
  readonly accept: Ingest;
  readonly directory: AutostackDirectory;
  readonly autostacks: Autostacks;
  readonly labels: Labels;
}

export class Transfer {
  readonly #options: TransferOptions;

  constructor(options: TransferOptions) {
    this.#options = options;
  }

  /**
   * One object per monitored metric, in the order of their names, or of `ids`.
   * @param ids null for all
   * @param sinceMs only samples from this time on; null for all
   * @param maxSamples of all models together
   * @throws NotFoundError for an id that is not there; InvalidInputError for a metric that is not monitored;
   *   NotSupportedError where there are more samples
   */
  async *exportModels(
    ids: readonly string[] | null,
    sinceMs: number | null = null,
    maxSamples = Infinity,
  ): AsyncIterable<ExportedModel> {
    let left = maxSamples;
    for (const id of ids ?? listMonitored(this.#options.registry)) {
      const metric = await this.#options.prisma.metric.findUnique({ where: { id } });
      if (metric === null) {
        // Deleted since it was listed: only one that was asked for by its id is missed.
        if (ids === null) continue;
        throw new NotFoundError(`no metric has the id ${id}`);
      }
      const model = writeModel(metric, this.#options.directory);
      if (model === null) {
        if (ids === null) continue;
        throw new InvalidInputError(`ids: ${metric.name} is not monitored, so there is no model to export`, [
          'ids',
        ]);
      }
      const data: ExportedSample[] = [];
      for await (const samples of readSampleTimes(this.#options.pool, metric.number, sinceMs)) {
        left -= samples.length;
        if (left < 0) throw refuseSamples(maxSamples, metric.name);
        for (const { value, timestampMs } of samples) data.push([value, new Date(timestampMs).toISOString()]);
      }
      yield { ...model, ...(await this.#writeLabels(id)), data };
    }
  }

  /**
   * Makes the metric if it is not there, gives it the samples it lacks, and monitors it.
   * @param accountId whose metric it becomes; the default account's when left out
   * @throws InvalidInputError, NotSupportedError, RetryLaterError
   */
  async importModel(model: unknown, accountId = DEFAULT_ACCOUNT): Promise<ImportedModel> {
    const spec = parseModelSpec(model);
    // All of it is looked at before any of it is stored.
    const samples = readSamples(spec);
    checkModelParams(spec.modelParams, ['models', 'modelParams']);
    checkAccount(spec.datasource, accountId);
    const request = {
      accountId,
      datasource: spec.datasource,
      spec: await this.#resolveSpec(spec),
      model: spec.modelParams,
      ...(spec.unit === null ? {} : { unit: spec.unit }),
      ...(spec.policy === null ? {} : { policy: spec.policy }),
    };
    const isNew = (await this.#options.monitor.findMetric(request)) === null;
    const metricId = await this.#options.monitor.createMetric(request.datasource, request.spec, accountId);
    const entry = this.#options.registry.byId(metricId);
    if (entry !== undefined && entry.status !== 'UNMONITORED') return { metricId, created: false };
    const stored = { rows: 0 };
    try {
      // Also beside others: of points pushed meanwhile, or of an import that was killed. A time it has keeps its value.
      await this.#storeSamples(metricId, samples, stored);
      await this.#options.monitor.monitorMetric(request);
    } catch (error) {
      if (error instanceof AlreadyMonitoredError) return { metricId, created: false };
      // Nothing is left of what was refused.
      if (isNew) await this.#options.monitor.discardMetric(metricId, stored.rows);
      throw error;
    }
    if (spec.displayName !== null)
      await this.#options.monitor.updateMetric(metricId, { displayName: spec.displayName });
    for (const { label, ...rest } of spec.labels) {
      await this.#options.labels.labelAnomaly({ metricId, kind: label, ...rest });
    }
    return { metricId, created: true };
  }

  /** What an export says of the metric beside its samples and labels; null for one that is not monitored. */
  writeModel(metric: Metric): ExportedModel | null {
    return writeModel(metric, this.#options.directory);
  }

  /** Nothing where there is none, so that an export stays what it was. */
  async #writeLabels(metricId: string) {
    const given = await this.#options.labels.listLabels(metricId);
    if (given.length === 0) return {};
    return {
      labels: given.map(({ from, to, kind, note, createdAt, peakTime, peakDeviation, peakScore }) => ({
        from: from.toISOString(),
        to: to.toISOString(),
        label: kind,
        note,
        createdAt: createdAt.toISOString(),
        ...(peakTime === null
          ? {}
          : { peak: { timestamp: peakTime.toISOString(), deviation: peakDeviation, score: peakScore } }),
      })),
    };
  }

  async #resolveSpec({ stackSpec, metricSpec }: ModelSpec): Promise<Record<string, unknown>> {
    if (stackSpec === null) return metricSpec;
    const autostackId = await this.#options.autostacks.ensureAutostack(
      stackSpec,
      readStackMetric(metricSpec),
    );
    return { ...metricSpec, autostackId };
  }

  /** @param stored gets how many have been, also of those before one that is refused */
  async #storeSamples(metricId: string, samples: readonly Sample[], stored: { rows: number }) {
    for (let start = 0; start < samples.length; start += HISTORY_BATCH_POINTS) {
      const { accepted, late, rejected } = await this.#options.accept.acceptHistory(
        metricId,
        samples.slice(start, start + HISTORY_BATCH_POINTS),
      );
      stored.rows += accepted + late;
      const [first] = rejected;
      if (first?.code === 'METRIC_FAILED') throw new MetricFailedError(first.reason);
      if (first !== undefined) {
        throw new InvalidInputError(`data.${start + first.index}: ${first.reason}`, ['models', 'data']);
      }
    }
  }
}

function refuseSamples(maxSamples: number, name: string): NotSupportedError {
  return new NotSupportedError(
    `ids: an answer may hold ${maxSamples} samples, by the heap of this server, and there are more up to ${name}. Ask for fewer metrics at once, or export while no server runs`,
  );
}

/** @throws InvalidInputError */
function readStackMetric({ namespace, metric }: ModelSpec['metricSpec']): NamespaceMetric {
  if (typeof namespace === 'string' && typeof metric === 'string') return { namespace, metric };
  throw new InvalidInputError('metricSpec: expected { namespace, metric }', ['models', 'metricSpec']);
}

/** Ids of all monitored metrics, in the order of their names: of code units, the same in every locale. */
export function listMonitored(registry: Pick<MetricLookup, 'all'>): readonly string[] {
  return [...registry.all()]
    .filter(({ status }) => status !== 'UNMONITORED')
    .sort((a, b) => (a.name < b.name ? -1 : Number(a.name > b.name)))
    .map(({ id }) => id);
}

function readSamples({ data }: ModelSpec): readonly Sample[] {
  return data.map(([value, time], index) => ({
    value,
    timestampMs: parseExportedTime(time, ['models', 'data', String(index), '1']),
  }));
}
