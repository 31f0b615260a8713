/**
 * What people say of an anomaly of a metric: real, or normal. Labels are kept, exported, and move the threshold for alerts
 * of their metric (alert-threshold.ts). All of them are in memory, because every score that could alert asks for them.
 */
import type pg from 'pg';
import { InvalidInputError, NotFoundError } from '../../errors.ts';
import type { AnomalyLabel, PrismaClient } from '../../generated/prisma/client.ts';
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

export interface Labels {
  /** Reads all of them; before anything asks for the bar. */
  load: () => Promise<void>;
  /** A span that has a label gets this one instead. @throws NotFoundError, InvalidInputError */
  labelAnomaly: (label: NewLabel) => Promise<AnomalyLabel>;
  /**
   * The same for an incident: its label is the one that begins with it, however long it has become since the last.
   * @throws NotFoundError, InvalidInputError
   */
  labelIncident: (label: NewLabel) => Promise<AnomalyLabel>;
  /** @returns it as it was @throws NotFoundError */
  deleteLabel: (id: string) => Promise<AnomalyLabel>;
  /** Of one metric, oldest span first. */
  listLabels: (metricId: string) => Promise<readonly AnomalyLabel[]>;
  /**
   * By how many orders of magnitude labels raise the threshold for alerts on a point of a metric: compare its score with
   * `raiseSensitivity(sensitivity, thresholdAdjustmentOf(metricId, point))`. 0 for a metric without labels.
   * @param point null for one that resembles nothing that was labelled
   * @param atMs now when left out
   */
  thresholdAdjustmentOf: (metricId: string, point: AlertPoint | null, atMs?: number) => number;
  /** The same if a label were given too. @throws NotFoundError, InvalidInputError as `labelAnomaly` */
  previewAdjustment: (label: NewLabel) => Promise<(point: AlertPoint) => number>;
}

/** Of one metric. A label a day for three years. */
const MAX_LABELS = 1000;
const MAX_NOTE_LENGTH = 2000;

export function createLabels(options: {
  readonly pool: pg.Pool;
  readonly prisma: PrismaClient;
  readonly registry: Pick<Registry, 'byId'>;
  readonly now?: () => number;
}): Labels {
  const { pool, prisma, registry, now = Date.now } = options;
  const marks = new Map<string, readonly LabelMark[]>();

  const remember = (labels: readonly RememberedLabel[]) => {
    for (const label of labels) {
      marks.set(label.metricId, [...(marks.get(label.metricId) ?? []), toMark(label)]);
    }
  };
  const listLabels = (metricId: string) =>
    prisma.anomalyLabel.findMany({ where: { metricId }, orderBy: [{ from: 'asc' }, { to: 'asc' }] });
  const reload = async (metricId: string) => {
    const labels = await listLabels(metricId);
    marks.delete(metricId);
    remember(labels);
  };

  const findPeak = (label: NewLabel): Promise<LabelledPeak | null> => {
    check(label);
    const entry = registry.byId(label.metricId);
    if (entry === undefined)
      return Promise.reject(new NotFoundError(`no metric has the id ${label.metricId}`));
    return label.peak == null ? readLabelPeak(pool, entry.number, label) : Promise.resolve(label.peak);
  };

  const labelAnomaly = async (label: NewLabel) => {
    const { metricId, from, to, kind, note } = label;
    const peak = await findPeak(label);
    const where = { metricId_from_to: { metricId, from, to } };
    const known = await prisma.anomalyLabel.findUnique({ where });
    if (known === null && (marks.get(metricId)?.length ?? 0) >= MAX_LABELS) {
      throw new InvalidInputError(`metricId: this metric has ${MAX_LABELS} labels, which is the most`, [
        'metricId',
      ]);
    }
    const said = {
      kind,
      note,
      createdAt: label.createdAt ?? new Date(now()),
      peakTime: peak === null ? null : new Date(peak.timestampMs),
      peakDeviation: peak?.deviation ?? null,
      peakScore: peak?.score ?? null,
    };
    const saved = await prisma.anomalyLabel.upsert({
      where,
      update: said,
      create: { metricId, from, to, ...said },
    });
    await reload(metricId);
    return saved;
  };

  const labelIncident = async (label: NewLabel) => {
    const { metricId, from, to } = label;
    const saved = await labelAnomaly(label);
    await prisma.anomalyLabel.deleteMany({ where: { metricId, from, to: { not: to } } });
    await reload(metricId);
    return saved;
  };

  const deleteLabel = async (id: string) => {
    const label = await prisma.anomalyLabel.findUnique({ where: { id } });
    const { count } = await prisma.anomalyLabel.deleteMany({ where: { id } });
    if (label === null || count === 0) throw new NotFoundError(`no label has the id ${id}`);
    await reload(label.metricId);
    return label;
  };

  return {
    load: async () => {
      marks.clear();
      remember(
        await prisma.anomalyLabel.findMany({
          select: {
            metricId: true,
            kind: true,
            createdAt: true,
            peakTime: true,
            peakDeviation: true,
            peakScore: true,
          },
        }),
      );
    },
    labelAnomaly,
    labelIncident,
    deleteLabel,
    listLabels,
    thresholdAdjustmentOf: (metricId, point, atMs = now()) =>
      sumRaise(marks.get(metricId) ?? [], point, atMs),
    previewAdjustment: async (label) => {
      const peak = await findPeak(label);
      const createdAtMs = label.createdAt?.getTime() ?? now();
      const all = [...(marks.get(label.metricId) ?? []), { kind: label.kind, createdAtMs, peak }];
      return (point) => sumRaise(all, point, createdAtMs);
    },
  };
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
    throw new InvalidInputError(message, ['to']);
  }
  if (note === null) return;
  const isFit = note.length <= MAX_NOTE_LENGTH && !note.includes('\0');
  if (!isFit) {
    throw new InvalidInputError(`note: expected at most ${MAX_NOTE_LENGTH} characters, none of them zero`, [
      'note',
    ]);
  }
}
