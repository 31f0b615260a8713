/** Silences: for some hours nobody is notified of a metric, or of any metric of a resource. It is scored all the same. */
import type pg from 'pg';
import { InvalidInputError, NotFoundError } from '../../errors.ts';
import type { PrismaClient, Silence } from '../../generated/prisma/client.ts';
import { findNameFlaw } from '../../platform/bounded-input/name-flaw.ts';
import { orReferenceGone } from '../../platform/postgres/error-text.ts';
import type { Registry } from '../metrics/registry.ts';

export interface NewSilence {
  /** The metric's uuid; null for a resource. */
  readonly metricId: string | null;
  /** The resource's canonical name; null for a metric. */
  readonly server: string | null;
  readonly seconds: number;
  readonly comment: string | null;
  /** Who makes it, as they call themselves. */
  readonly by: string | null;
}

export const MIN_SILENCE_SECONDS = 60;
export const MAX_SILENCE_SECONDS = 30 * 86_400;
const MAX_COMMENT_LENGTH = 1000;

export class Silences {
  readonly #prisma: PrismaClient;
  readonly #registry: Pick<Registry, 'byId' | 'all'>;
  readonly #now: () => Date;

  constructor(options: {
    readonly prisma: PrismaClient;
    readonly registry: Pick<Registry, 'byId' | 'all'>;
    readonly now: () => Date;
  }) {
    this.#prisma = options.prisma;
    this.#registry = options.registry;
    this.#now = options.now;
  }

  /**
   * @param accountId whose metrics alone it may concern; null for those of any one account
   * @throws InvalidInputError, NotFoundError
   */
  async create(silence: NewSilence, accountId: number | null = null): Promise<Silence> {
    const { metricId, server, seconds, comment, by } = silence;
    checkSilence(silence);
    const owners = this.#findOwners(silence).filter((owner) => accountId === null || owner === accountId);
    const [owner] = owners;
    if (owner === undefined) {
      throw metricId === null
        ? new NotFoundError(`input.server: no metric is of the resource ${JSON.stringify(server)}`)
        : new NotFoundError(`input.metricId: no metric has the id Metric:${metricId}`);
    }
    if (owners.length > 1) {
      const message = `input.server: expected a resource of one account, got one of ${owners.length}; silence its metrics by metricId`;
      throw new InvalidInputError(message, ['input', 'server']);
    }
    const endsAt = new Date(this.#now().getTime() + seconds * 1000);
    return orReferenceGone(
      this.#prisma.silence.create({
        data: { accountId: owner, metricId, server, comment, createdBy: by, endsAt, createdAt: this.#now() },
      }),
      `input.metricId: no metric has the id Metric:${metricId ?? ''}`,
    );
  }

  /** Ends it now. One that has ended stays as it is. @throws NotFoundError */
  async end(id: string): Promise<Silence> {
    const now = this.#now();
    await this.#prisma.silence.updateMany({ where: { id, endsAt: { gt: now } }, data: { endsAt: now } });
    const silence = await this.#prisma.silence.findUnique({ where: { id } });
    if (silence === null) throw new NotFoundError(`input.id: no silence has the id Silence:${id}`);
    return silence;
  }

  /** The accounts whose metrics it would concern. */
  #findOwners({ metricId, server }: NewSilence): readonly number[] {
    if (metricId !== null) {
      const entry = this.#registry.byId(metricId);
      return entry === undefined ? [] : [entry.accountId];
    }
    const owners = new Set<number>();
    for (const entry of this.#registry.all()) if (entry.server === server) owners.add(entry.accountId);
    return [...owners];
  }
}

function checkSilence({ metricId, server, seconds, comment, by }: NewSilence): void {
  const fail = (name: string, message: string) =>
    new InvalidInputError(`input.${name}: ${message}`, ['input', name]);
  if ((metricId === null) === (server === null)) {
    throw fail(
      'metricId',
      'expected either metricId or server, got ' + (metricId === null ? 'neither' : 'both'),
    );
  }
  if (!(seconds >= MIN_SILENCE_SECONDS && seconds <= MAX_SILENCE_SECONDS)) {
    throw fail('seconds', `expected ${MIN_SILENCE_SECONDS} to ${MAX_SILENCE_SECONDS}, got ${seconds}`);
  }
  if ((comment ?? '').length > MAX_COMMENT_LENGTH) {
    throw fail('comment', `expected at most ${MAX_COMMENT_LENGTH} characters, got ${(comment ?? '').length}`);
  }
  const byFlaw = by === null ? null : findNameFlaw(by);
  if (byFlaw !== null) throw fail('by', byFlaw);
}

/** Which of these metrics are silenced, by their numbers. */
export async function readSilenced(
  client: pg.PoolClient,
  metricNumbers: readonly number[],
  now: Date,
): Promise<ReadonlySet<number>> {
  const { rows } = await client.query<{ number: number }>(
    `SELECT m.number FROM metric AS m WHERE m.number = ANY($1::int[]) AND EXISTS (
       SELECT FROM silence AS s WHERE s.ends_at > $2 AND s.account_id = m.account_id
         AND (s.metric_id = m.id OR s.server = m.server))`,
    [metricNumbers, now],
  );
  return new Set(rows.map(({ number }) => number));
}

/** What a silence may name of a metric. */
export interface SilencedMetric {
  /** The metric's uuid. */
  readonly id: string;
  readonly accountId: number;
  readonly server: string;
}

/**
 * @param metrics any number of them
 * @returns for each metric, in order, the silences of itself or of its resource that last now, the one that ends last first
 */
export async function findSilencesOf(
  prisma: Pick<PrismaClient, 'silence'>,
  metrics: readonly SilencedMetric[],
): Promise<readonly (readonly Silence[])[]> {
  const lasting = await prisma.silence.findMany({
    where: {
      endsAt: { gt: new Date() },
      OR: [
        { metricId: { in: [...new Set(metrics.map(({ id }) => id))] } },
        { server: { in: [...new Set(metrics.map(({ server }) => server))] } },
      ],
    },
    orderBy: [{ endsAt: 'desc' }, { number: 'desc' }],
  });
  return metrics.map(({ id, server, accountId }) =>
    lasting.filter(
      (silence) => silence.accountId === accountId && (silence.metricId === id || silence.server === server),
    ),
  );
}
