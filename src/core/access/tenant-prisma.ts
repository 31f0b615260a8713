/**
 * The database as one account sees it: every query is narrowed to what belongs to it, from wherever it is made.
 * What is not listed here cannot be asked for at all, so that a new table shows nothing to strangers by oversight.
 */
import type { PrismaClient } from '../../generated/prisma/client.ts';
import { DEFAULT_ACCOUNT } from '../../model.ts';

type Narrow = (accountId: number) => object;

/** A condition that nothing meets. (An empty OR would do in Prisma's words, but not within an AND.) */
const nothing = (field: string) => ({ [field]: { in: [] } });
/** What the server reads with its own credentials is the default account's. */
const ofDefault =
  (field = 'id'): Narrow =>
  (accountId) =>
    accountId === DEFAULT_ACCOUNT ? {} : nothing(field);
/** What the whole server shares: rules and messages may speak of the metrics of several accounts. */
const ofNobody =
  (field = 'id'): Narrow =>
  () =>
    nothing(field);
const ofMetric: Narrow = (accountId) => ({ metric: { is: { accountId } } });

/** By model. A new table that the API reads says here whose its rows are. */
export const OWNERS: Readonly<Record<string, Narrow>> = {
  Metric: (accountId) => ({ accountId }),
  MonitoringPolicy: (accountId) => ({ accountId }),
  Annotation: (accountId) => ({ accountId }),
  AnomalyLabel: ofMetric,
  Incident: ofMetric,
  Silence: (accountId) => ({ accountId }),
  PanelLink: ofMetric,
  NotificationRule: ofNobody(),
  NotificationChannel: ofNobody(),
  Notification: ofNobody(),
  NotificationIncident: ofNobody('notificationId'),
  Resource: (accountId) => ({ accountId }),
  ResourceState: (accountId) => ({ resource: { is: { accountId } } }),
  Autostack: ofDefault(),
  AutostackMember: ofDefault(),
  CloudwatchSeries: ofDefault(),
  CloudwatchDimension: ofDefault('seriesId'),
};

const READS: ReadonlySet<string> = new Set([
  'findUnique',
  'findUniqueOrThrow',
  'findFirst',
  'findFirstOrThrow',
  'findMany',
  'count',
  'aggregate',
  'groupBy',
]);

/** Ways from what is the account's to what the whole server shares. They lead nowhere. */
const SHARED_RELATIONS: ReadonlySet<string> = new Set(['rule', 'channels', 'notifications']);

/** @returns a client that only reads, and only what is the account's */
export function tenantPrisma(prisma: PrismaClient, accountId: number): PrismaClient {
  const narrowed = prisma.$extends({
    query: {
      $allOperations: ({ model, operation, args, query }) => {
        const narrow = model === undefined ? undefined : OWNERS[model];
        if (narrow === undefined || !READS.has(operation)) {
          throw new Error(`${operation} of ${model ?? 'the database'} is not for keys of one account`);
        }
        return query(addCondition(leaveOutShared(args), narrow(accountId)));
      },
    },
  });
  // All an extended client lacks is $on, which nobody that is given one calls.
  return narrowed as PrismaClient;
}

/** Conditions beside a unique one stay beside it: Prisma looks for the unique one at the top. */
function addCondition<Args extends { readonly where?: { readonly AND?: unknown } }>(
  args: Args,
  condition: object,
): Args {
  const { AND: given } = args.where ?? {};
  const others = given === undefined ? [] : [given].flat();
  return { ...args, where: { ...args.where, AND: [...others, condition] } };
}

/** The arguments without relations to what is shared, however deep: such a field then reads as null. */
function leaveOutShared<Args>(args: Args): Args {
  if (typeof args !== 'object' || args === null || Array.isArray(args)) return args;
  const kept = Object.entries(args).map(([name, value]: [string, unknown]) =>
    name === 'include' || name === 'select' ? [name, leaveOutRelations(value)] : [name, value],
  );
  // The same object, less some of its relations.
  return Object.fromEntries(kept) as Args;
}

/** @returns undefined where nothing is left: Prisma refuses an empty selection */
function leaveOutRelations(selection: unknown): unknown {
  if (typeof selection !== 'object' || selection === null) return selection;
  const kept = Object.entries(selection)
    .filter(([name]) => !SHARED_RELATIONS.has(name))
    .map(([name, nested]: [string, unknown]) => [name, leaveOutShared(nested)] as const);
  return kept.length === 0 ? undefined : Object.fromEntries(kept);
}
