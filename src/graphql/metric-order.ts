/** The orders metrics are listed in. Each is total: the id decides between equals, so that no page repeats or skips. */
import type { Prisma } from '../generated/prisma/client.ts';

/** A metric's place: what it is ordered by, and its id. */
interface Place<Value> {
  readonly value: Value;
  readonly id: string;
}

interface Row {
  readonly id: string;
  readonly name: string;
  readonly createdAt: Date;
  readonly progress: { readonly lastTimestamp: Date | null } | null;
}

export interface MetricOrder {
  readonly forward: Prisma.MetricOrderByWithRelationInput[];
  readonly backward: Prisma.MetricOrderByWithRelationInput[];
  readonly writeCursor: (row: Row) => string;
  /** Null for a cursor that is not of this order. */
  readonly parseCursor: (cursor: string) => Place<unknown> | null;
  readonly follows: (place: Place<unknown>) => Prisma.MetricWhereInput;
  readonly precedes: (place: Place<unknown>) => Prisma.MetricWhereInput;
}

export const METRIC_ORDERS = {
  NAME: createOrder<string>({
    tag: 'n',
    isValue: (value) => typeof value === 'string' && !value.includes('\0'),
    read: ({ name }) => name,
    order: (direction) => [{ name: direction }, { id: direction }],
    forward: 'asc',
    compare: (value, side) => [{ name: { [side]: value } }],
    equal: (value) => ({ name: value }),
  }),
  CREATED: createOrder<number>({
    tag: 'c',
    isValue: isTime,
    read: ({ createdAt }) => createdAt.getTime(),
    order: (direction) => [{ createdAt: direction }, { id: direction }],
    forward: 'desc',
    compare: (value, side) => [{ createdAt: { [side]: new Date(value) } }],
    equal: (value) => ({ createdAt: new Date(value) }),
  }),
  LAST_TIMESTAMP: createOrder<number | null>({
    tag: 't',
    isValue: (value) => value === null || isTime(value),
    read: ({ progress }) => progress?.lastTimestamp?.getTime() ?? null,
    order: (direction) => [
      { progress: { lastTimestamp: { sort: direction, nulls: direction === 'desc' ? 'last' : 'first' } } },
      { id: direction },
    ],
    forward: 'desc',
    compare: compareLastTimestamp,
    equal: (value) => ({ progress: { is: { lastTimestamp: value === null ? null : new Date(value) } } }),
  }),
} as const satisfies Record<string, MetricOrder>;

/** No time counts as the oldest. */
function compareLastTimestamp(value: number | null, side: 'gt' | 'lt'): Prisma.MetricWhereInput[] {
  const none: Prisma.MetricWhereInput = { progress: { is: { lastTimestamp: null } } };
  if (value === null) return side === 'lt' ? [] : [{ progress: { is: { lastTimestamp: { not: null } } } }];
  const beyond: Prisma.MetricWhereInput = {
    progress: { is: { lastTimestamp: { [side]: new Date(value) } } },
  };
  return side === 'lt' ? [beyond, none] : [beyond];
}

function createOrder<Value>(rule: {
  readonly tag: string;
  readonly isValue: (value: unknown) => boolean;
  readonly read: (row: Row) => Value;
  readonly order: (direction: Prisma.SortOrder) => Prisma.MetricOrderByWithRelationInput[];
  readonly forward: Prisma.SortOrder;
  readonly compare: (value: Value, side: 'gt' | 'lt') => Prisma.MetricWhereInput[];
  readonly equal: (value: Value) => Prisma.MetricWhereInput;
}): MetricOrder {
  const beyond = (place: Place<unknown>, side: 'gt' | 'lt'): Prisma.MetricWhereInput => {
    // Places come from parseCursor of this order, which has checked the value.
    const value = place.value as Value;
    return { OR: [...rule.compare(value, side), { ...rule.equal(value), id: { [side]: place.id } }] };
  };
  const ascending = rule.forward === 'asc';
  return {
    forward: rule.order(rule.forward),
    backward: rule.order(ascending ? 'desc' : 'asc'),
    writeCursor: (row) => encodeCursor([rule.tag, rule.read(row), row.id]),
    parseCursor: (cursor) => {
      const [tag, value, id] = decodeCursor(cursor);
      return tag === rule.tag && rule.isValue(value) && isUuid(id) ? { value, id } : null;
    },
    follows: (place) => beyond(place, ascending ? 'gt' : 'lt'),
    precedes: (place) => beyond(place, ascending ? 'lt' : 'gt'),
  };
}

export function encodeCursor(parts: readonly unknown[]): string {
  return Buffer.from(JSON.stringify(parts)).toString('base64url');
}

/** The parts of a cursor; none when it is not one of ours. */
export function decodeCursor(cursor: string): readonly unknown[] {
  try {
    const parts: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    return Array.isArray(parts) ? parts : [];
  } catch {
    // Not JSON: not a cursor of ours, which is what an empty list means to the caller.
    return [];
  }
}

function isTime(value: unknown): boolean {
  return typeof value === 'number' && Math.abs(value) < 8.64e15;
}

export function isUuid(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-f-]{36}$/.test(value);
}
