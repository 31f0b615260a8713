/**
 * What people say of a stretch of a metric: a real anomaly, or normal. Labels are kept, exported, and move the bar for
 * alerts of their metric (zeal.ts). All of them are in memory, because every score that could alarm asks for them.
 */
import { InvalidInputError, NotFoundError } from '../../errors.ts';
import type { AnomalyLabel, PrismaClient } from '../../generated/prisma/client.ts';
import type { Registry } from '../metrics/registry.ts';
import { type LabelMark, sumRaise } from './alert-threshold.ts';

export interface NewLabel {
  /** Uuid of the metric. */
  readonly metricId: string;
  /** Both ends belong to the stretch; equal for a single point. */
  readonly from: Date;
  readonly to: Date;
  readonly kind: 'REAL' | 'NORMAL';
  readonly note: string | null;
  /** When it was given; now when left out. For imports. */
  readonly createdAt?: Date;
}

export interface Labels {
  /** Reads all of them; before anything asks for the bar. */
  load: () => Promise<void>;
  /** A stretch that has a label gets this one instead. @throws NotFoundError, InvalidInputError */
  labelAnomaly: (label: NewLabel) => Promise<AnomalyLabel>;
  /**
   * The same for an incident: its label is the one that begins with it, however long it has become since the last.
   * @throws NotFoundError, InvalidInputError
   */
  labelIncident: (label: NewLabel) => Promise<AnomalyLabel>;
  /** @returns it as it was @throws NotFoundError */
  deleteLabel: (id: string) => Promise<AnomalyLabel>;
  /** Of one metric, oldest stretch first. */
  listLabels: (metricId: string) => Promise<readonly AnomalyLabel[]>;
  /**
   * By how many powers of ten labels raise the bar for alerts of a metric: compare a score with
   * `raiseSensitivity(sensitivity, zealOf(metricId))`. 0 for a metric without labels.
   * @param atMs now when left out
   */
  thresholdAdjustmentOf: (metricId: string, atMs?: number) => number;
}

/** Of one metric. A label a day for three years. */
const MAX_LABELS = 1000;
const MAX_NOTE_LENGTH = 2000;

export function createLabels(options: {
  readonly prisma: PrismaClient;
  readonly registry: Pick<Registry, 'byId'>;
  readonly now?: () => number;
}): Labels {
  const { prisma, registry, now = Date.now } = options;
  const marks = new Map<string, readonly LabelMark[]>();

  const remember = (labels: readonly Pick<AnomalyLabel, 'metricId' | 'kind' | 'createdAt'>[]) => {
    for (const { metricId, kind, createdAt } of labels) {
      marks.set(metricId, [...(marks.get(metricId) ?? []), { kind, createdAtMs: createdAt.getTime() }]);
    }
  };
  const listLabels = (metricId: string) =>
    prisma.anomalyLabel.findMany({ where: { metricId }, orderBy: [{ from: 'asc' }, { to: 'asc' }] });
  const reload = async (metricId: string) => {
    const labels = await listLabels(metricId);
    marks.delete(metricId);
    remember(labels);
  };

  const labelAnomaly = async (label: NewLabel) => {
    const { metricId, from, to, kind, note } = label;
    check(label);
    if (registry.byId(metricId) === undefined) throw new NotFoundError(`no metric has the id ${metricId}`);
    const where = { metricId_from_to: { metricId, from, to } };
    const known = await prisma.anomalyLabel.findUnique({ where });
    if (known === null && (marks.get(metricId)?.length ?? 0) >= MAX_LABELS) {
      throw new InvalidInputError(`metricId: this metric has ${MAX_LABELS} labels, which is the most`, [
        'metricId',
      ]);
    }
    const said = { kind, note, createdAt: label.createdAt ?? new Date(now()) };
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
        await prisma.anomalyLabel.findMany({ select: { metricId: true, kind: true, createdAt: true } }),
      );
    },
    labelAnomaly,
    labelIncident,
    deleteLabel,
    listLabels,
    thresholdAdjustmentOf: (metricId, atMs = now()) => sumRaise(marks.get(metricId) ?? [], atMs),
  };
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
