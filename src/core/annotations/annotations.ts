/** Notes of people on a resource at a time: written and deleted, never edited. */
import type pg from 'pg';
import { InvalidInputError, NotFoundError } from '../../errors.ts';
import type { Annotation, Prisma, PrismaClient } from '../../generated/prisma/client.ts';
import { DEFAULT_ACCOUNT } from '../../model.ts';
import { findNameFlaw } from '../../platform/bounded-input/name-flaw.ts';

interface NewAnnotation {
  /** Whose resource it is; the default account's when left out. */
  readonly accountId?: number;
  /** The time the note is about. */
  readonly timestamp: Date;
  /** Canonical name of a resource, as in Metric.server. */
  readonly server: string;
  /** What it is written on and by whom, as they call themselves. */
  readonly device: string;
  readonly user: string;
  /** Text for people; either this or `data` is given. */
  readonly message: string | null;
  /** Any JSON, for the writer's own program; undefined for none. */
  readonly data: unknown;
}

export interface Annotations {
  /**
   * @throws InvalidInputError naming the field; NotFoundError when no metric has the server
   */
  createAnnotation: (annotation: NewAnnotation) => Promise<Annotation>;
  /** @returns it as it was @throws NotFoundError */
  deleteAnnotation: (id: string) => Promise<Annotation>;
}

const MAX_MESSAGE_LENGTH = 10_000;
/** As JSON text. */
const MAX_DATA_LENGTH = 20_000;
/** PostgreSQL's JSON knows every character but these. JSON writes them as escapes; a backslash of a text is two. */
const UNSTORABLE_IN_JSON = /(?<!\\)(?:\\\\)*\\u(?:0000|d[89a-f][\da-f]{2})/;

export function createAnnotations({ prisma }: { readonly prisma: PrismaClient }): Annotations {
  const createAnnotation = async (annotation: NewAnnotation) => {
    const { accountId = DEFAULT_ACCOUNT, timestamp, server, device, user, message } = annotation;
    checkName(device, 'device');
    checkName(user, 'user');
    const data = checkContent(annotation);
    const metric = await prisma.metric.findFirst({ where: { accountId, server }, select: { id: true } });
    if (metric === null) {
      throw new NotFoundError(
        `input.server: no metric has the server ${JSON.stringify(server.slice(0, 300))}`,
      );
    }
    return prisma.annotation.create({
      data: { accountId, timestamp, server, device, user, message, ...(data === undefined ? {} : { data }) },
    });
  };

  const deleteAnnotation = async (id: string) => {
    const annotation = await prisma.annotation.findUnique({ where: { id } });
    const { count } = await prisma.annotation.deleteMany({ where: { id } });
    if (annotation === null || count === 0)
      throw new NotFoundError(`input.id: no annotation has the id ${id}`);
    return annotation;
  };

  return { createAnnotation, deleteAnnotation };
}

/**
 * Drops the notes of a server that has no metric left, in the transaction that took the last one away.
 * @param monitored whether the metric that went was monitored: then only monitored ones keep the notes
 */
export async function dropOrphanedAnnotations(
  client: pg.PoolClient,
  { accountId, server }: { readonly accountId: number; readonly server: string },
  monitored: boolean,
): Promise<void> {
  await client.query(
    `DELETE FROM annotation WHERE account_id = $3 AND server = $1 AND NOT EXISTS (
       SELECT FROM metric
       WHERE metric.account_id = $3 AND metric.server = $1 AND (NOT $2 OR status <> 'UNMONITORED'))`,
    [server, monitored, accountId],
  );
}

/** A pushed metric that is given a resource takes the notes along that were written while it had none. */
export async function moveAnnotations(
  transaction: Prisma.TransactionClient,
  accountId: number,
  from: string,
  to: string,
): Promise<void> {
  if (from === to || (await transaction.metric.count({ where: { accountId, server: from } })) > 0) return;
  await transaction.annotation.updateMany({ where: { accountId, server: from }, data: { server: to } });
}

function checkName(text: string, field: string): void {
  const flaw = findNameFlaw(text);
  if (flaw !== null) throw InvalidInputError.at(['input', field], flaw);
}

/** @returns the data as they are stored; undefined for none */
function checkContent({ message, data }: NewAnnotation) {
  const refuse = (field: string, reason: string) => {
    throw new InvalidInputError(`input.${field}: ${reason}`, ['input', field]);
  };
  if ((message === null || message === '') && data == null) {
    refuse('message', 'expected a message, or data');
  }
  if (message !== null && message.length > MAX_MESSAGE_LENGTH) {
    refuse('message', `expected at most ${MAX_MESSAGE_LENGTH} characters, got ${message.length}`);
  }
  if (message?.includes('\0') === true) refuse('message', 'expected no zero characters');
  if (data == null) return undefined;
  const text = JSON.stringify(data);
  if (text.length > MAX_DATA_LENGTH) {
    refuse('data', `expected at most ${MAX_DATA_LENGTH} characters of JSON, got ${text.length}`);
  }
  if (UNSTORABLE_IN_JSON.test(text))
    refuse('data', 'expected no zero characters, and no half of a character');
  // What comes back is plain JSON, whatever a JSON scalar was made of.
  return JSON.parse(text) as object;
}
