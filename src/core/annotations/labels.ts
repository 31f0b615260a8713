/**
 * What people say of an anomaly of a metric: real, or normal. Labels are kept, exported, and move the threshold for alerts
 * of their metric (alert-threshold.ts). All of them are in memory, because every score that could alert asks for them.
 */
import type pg from 'pg';
import { InvalidInputError, NotFoundError } from '../../errors.ts';
import type { AnomalyLabel, PrismaClient } from '../../generated/prisma/client.ts';
import { orReferenceGone } from '../../platform/postgres/error-text.ts';
import type { Registry } from '../metrics/registry.ts';
import { type AlertPoint, type LabelledPeak, type LabelMark, sumRaise } from './alert-threshold.ts';
import { readLabelPeak } from './read-label-peak.ts';

export interface NewLabel {
  /** Uuid of the metric. */
  readonly metricId: string;
  /** Both ends belong to the span; equal for a single point. */
  readonly from: Date;
  readonly to: Date;
  readonly kind: 'REAL' | 'NORMAL';
  readonly note: string | null;
  /** When it was given; now when left out. For imports. */
  readonly createdAt?: Date;
  /** Its most anomalous point, for imports, whose samples are not scored yet; read from the samples when left out. */
  readonly peak?: LabelledPeak | null;
}

/** Of one metric. A label a day for three years. */
const MAX_LABELS = 1000;
const MAX_NOTE_LENGTH = 2000;

export class Labels {
  readonly #pool: pg.Pool;
  readonly #prisma: PrismaClient;
  readonly #registry: Pick<Registry, 'byId'>;
  readonly #now: () => number;
  /** By metric. */
  readonly #marks = new Map<string, readonly LabelMark[]>();

  constructor(options: {
    readonly pool: pg.Pool;
    readonly prisma: PrismaClient;
    readonly registry: Pick<Registry, 'byId'>;
    readonly now?: () => number;
  }) {
    this.#pool = options.pool;
    this.#prisma = options.prisma;
    this.#registry = options.registry;
    this.#now = options.now ?? Date.now;
  }

  /** Reads all of them; before anything asks for the threshold. */
  async load(): Promise<void> {
    const select = {
      metricId: true,
      kind: true,
      createdAt: true,
      peakTime: true,
      peakDeviation: true,
      peakScore: true,
    };
    const labels = await this.#prisma.anomalyLabel.findMany({ select });
    this.#marks.clear();
    this.#remember(labels);
  }

  /** A span that has a label gets this one instead. @throws NotFoundError, InvalidInputError */
  async labelAnomaly(label: NewLabel): Promise<AnomalyLabel> {
    const { metricId, from, to } = label;
    const peak = await this.#findPeak(label);
    const where = { metricId_from_to: { metricId, from, to } };
    const known = await this.#prisma.anomalyLabel.findUnique({ where });
    if (known === null && (this.#marks.get(metricId)?.length ?? 0) >= MAX_LABELS) {
      throw new InvalidInputError(`metricId: this metric has ${MAX_LABELS} labels, which is the most`, [
        'metricId',
      ]);
    }
    const fields = this.#writeFields(label, peak);
    const saved = await orReferenceGone(
      this.#prisma.anomalyLabel.upsert({
        where,
        update: fields,
        create: { metricId, from, to, ...fields },
      }),
      `no metric has the id ${metricId}`,
    );
    await this.#reload(metricId);
    return saved;
  }

  /**
   * The same for an incident: its label is the one that begins with it, however long it has become since the last.
   * @throws NotFoundError, InvalidInputError
   */
  async labelIncident(label: NewLabel): Promise<AnomalyLabel> {
    const { metricId, from, to } = label;
    const saved = await this.labelAnomaly(label);
    await this.#prisma.anomalyLabel.deleteMany({ where: { metricId, from, to: { not: to } } });
    await this.#reload(metricId);
    return saved;
  }

  /** @returns it as it was @throws NotFoundError */
  async deleteLabel(id: string): Promise<AnomalyLabel> {
    const label = await this.#prisma.anomalyLabel.findUnique({ where: { id } });
    const { count } = await this.#prisma.anomalyLabel.deleteMany({ where: { id } });
    if (label === null || count === 0) throw new NotFoundError(`no label has the id ${id}`);
    await this.#reload(label.metricId);
    return label;
  }

  /** Of one metric, oldest span first. */
  async listLabels(metricId: string): Promise<readonly AnomalyLabel[]> {
    return this.#prisma.anomalyLabel.findMany({
      where: { metricId },
      orderBy: [{ from: 'asc' }, { to: 'asc' }],
    });
  }

  /**
   * By how many orders of magnitude labels raise the threshold for alerts on a point of a metric: compare its score with
   * `raiseSensitivity(sensitivity, thresholdAdjustmentOf(metricId, point))`. 0 for a metric without labels.
   * @param point null for one that resembles nothing that was labelled
   */
  thresholdAdjustmentOf(metricId: string, point: AlertPoint | null, atMs = this.#now()): number {
    return sumRaise(this.#marks.get(metricId) ?? [], point, atMs);
  }

  /** The same if a label were given too. @throws NotFoundError, InvalidInputError as `labelAnomaly` */
  async previewAdjustment(label: NewLabel): Promise<(point: AlertPoint) => number> {
    const peak = await this.#findPeak(label);
    const createdAtMs = label.createdAt?.getTime() ?? this.#now();
    const all = [...(this.#marks.get(label.metricId) ?? []), { kind: label.kind, createdAtMs, peak }];
    return (point) => sumRaise(all, point, createdAtMs);
  }

  async #reload(metricId: string): Promise<void> {
    const labels = await this.listLabels(metricId);
    this.#marks.delete(metricId);
    this.#remember(labels);
  }

  #remember(labels: readonly RememberedLabel[]): void {
    for (const label of labels) {
      this.#marks.set(label.metricId, [...(this.#marks.get(label.metricId) ?? []), toMark(label)]);
    }
  }

  /** @throws NotFoundError, InvalidInputError */
  async #findPeak(label: NewLabel): Promise<LabelledPeak | null> {
    check(label);
    const entry = this.#registry.byId(label.metricId);
    if (entry === undefined) throw new NotFoundError(`no metric has the id ${label.metricId}`);
    return label.peak ?? readLabelPeak(this.#pool, entry.number, label);
  }

  #writeFields({ kind, note, createdAt }: NewLabel, peak: LabelledPeak | null) {
    return {
      kind,
      note,
      createdAt: createdAt ?? new Date(this.#now()),
      peakTime: peak === null ? null : new Date(peak.timestampMs),
      peakDeviation: peak?.deviation ?? null,
      peakScore: peak?.score ?? null,
    };
  }
}

type RememberedLabel = Pick<
  AnomalyLabel,
  'metricId' | 'kind' | 'createdAt' | 'peakTime' | 'peakDeviation' | 'peakScore'
>;

function toMark({ kind, createdAt, peakTime, peakDeviation, peakScore }: RememberedLabel): LabelMark {
  const peak =
    peakTime === null || peakDeviation === null || peakScore === null
      ? null
      : { timestampMs: peakTime.getTime(), deviation: peakDeviation, score: peakScore };
  return { kind, createdAtMs: createdAt.getTime(), peak };
}

function check({ from, to, note }: NewLabel): void {
  if (from.getTime() > to.getTime()) {
    const message = `to: expected no earlier than from (${from.toISOString()}), got ${to.toISOString()}`;
    throw new InvalidInputError(message, ['input', 'to']);
  }
  if (note === null) return;
  const isFit = note.length <= MAX_NOTE_LENGTH && !note.includes('\0');
  if (!isFit) {
    const message = `note: expected at most ${MAX_NOTE_LENGTH} characters, none of them zero`;
    throw new InvalidInputError(message, ['input', 'note']);
  }
}
