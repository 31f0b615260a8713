/**
 * Points that a replica has read from a push and sends to the leader of its cluster, as one binary message: the leader has no
 * GraphQL, line protocol or protobuf to read again.
 *
 * Layout, in network byte order: MAGIC and the number of points (four bytes each); the times of all points, then their values,
 * as doubles; then JSON in UTF-8, `TEXTS`.
 */
import { z } from 'zod';
import { VALUE_KINDS } from '../../../model.ts';
import type { NamedPoint } from '../ingest.ts';

export interface ForwardedPush {
  /** The answer to it has the same. */
  readonly id: number;
  readonly accountId: number;
  readonly points: readonly NamedPoint[];
  /** Of the request they came with, where it is traced: W3C Trace Context. */
  readonly traceparent?: string | undefined;
}

/** What both sides have to speak: WebSocket's subprotocol. Another layout is another name. */
export const POINT_PROTOCOL = 'lapwing-points-1';

/** "LWP1". */
const MAGIC = 0x4c575031;
const HEAD_BYTES = 8;
const DOUBLE_BYTES = 8;

/** The pushes, in the order of their points; then what is not a number, point by point. A column without a value is left out. */
const TEXTS = z.object({
  pushes: z.array(
    z.object({
      id: z.int(),
      accountId: z.int(),
      count: z.int().nonnegative(),
      traceparent: z.string().optional(),
    }),
  ),
  metrics: z.array(z.string()),
  units: z.array(z.string().nullable()).optional(),
  resources: z.array(z.string().nullable()).optional(),
  valueKinds: z.array(z.enum(VALUE_KINDS).nullable()).optional(),
});

export function encodePushes(pushes: readonly ForwardedPush[]): Buffer {
  const points = pushes.flatMap((push) => push.points);
  const texts: z.output<typeof TEXTS> = {
    pushes: pushes.map(({ id, accountId, traceparent, points: { length: count } }) => ({
      id,
      accountId,
      count,
      traceparent,
    })),
    metrics: points.map(({ metric }) => metric),
    units: listGiven(points, ({ unit }) => unit),
    resources: listGiven(points, ({ resource }) => resource),
    valueKinds: listGiven(points, ({ valueKind }) => valueKind),
  };
  const json = JSON.stringify(texts);
  const textsAt = HEAD_BYTES + 2 * DOUBLE_BYTES * points.length;
  const bytes = Buffer.allocUnsafe(textsAt + Buffer.byteLength(json));
  let at = bytes.writeUInt32BE(points.length, bytes.writeUInt32BE(MAGIC, 0));
  for (const { timestampMs } of points) at = bytes.writeDoubleBE(timestampMs, at);
  for (const { value } of points) at = bytes.writeDoubleBE(value, at);
  bytes.write(json, at);
  return bytes;
}

/** @throws Error for what `encodePushes` did not make */
export function decodePushes(message: Buffer): readonly ForwardedPush[] {
  const hasHead = message.length >= HEAD_BYTES && message.readUInt32BE(0) === MAGIC;
  const count = hasHead ? message.readUInt32BE(4) : 0;
  const timesAt = HEAD_BYTES;
  const valuesAt = timesAt + DOUBLE_BYTES * count;
  const textsAt = valuesAt + DOUBLE_BYTES * count;
  if (!hasHead || textsAt > message.length) throw new RangeError('not a frame of points');
  const texts = TEXTS.parse(JSON.parse(message.toString('utf8', textsAt)));
  const { pushes, metrics, units, resources, valueKinds } = texts;
  const claimed = pushes.reduce((sum, push) => sum + push.count, 0);
  if (metrics.length !== count || claimed !== count)
    throw new RangeError('a frame of points with other names than points');
  const points = metrics.map((metric, row): NamedPoint => ({
    metric,
    timestampMs: message.readDoubleBE(timesAt + DOUBLE_BYTES * row),
    value: message.readDoubleBE(valuesAt + DOUBLE_BYTES * row),
    unit: units?.[row] ?? null,
    resource: resources?.[row] ?? null,
    valueKind: valueKinds?.[row] ?? undefined,
  }));
  let from = 0;
  return pushes.map(({ count: length, ...push }) => ({
    ...push,
    points: points.slice(from, (from += length)),
  }));
}

function listGiven<Value>(
  points: readonly NamedPoint[],
  read: (point: NamedPoint) => Value | null | undefined,
): (Value | null)[] | undefined {
  return points.some((point) => read(point) != null) ? points.map((point) => read(point) ?? null) : undefined;
}
