/**
 * Points that a replica has read from a push and sends to the leader of its cluster, as one binary message: the leader has no
 * GraphQL, line protocol or protobuf to read again.
 *
 * Layout, in the byte order of the machine: MARK and the number of points as doubles; the times of all points, then their values,
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
}

/** What both sides have to speak: WebSocket's subprotocol. Another layout is another name. */
export const POINT_PROTOCOL = 'lapwing-points-1';

/** Reads as another number on a machine of the other byte order. */
const MARK = 20261130.25;
const HEAD = 2;
const DOUBLE_BYTES = 8;

/** The pushes, in the order of their points; then what is not a number, point by point. A column without a value is left out. */
const TEXTS = z.object({
  pushes: z.array(z.object({ id: z.int(), accountId: z.int(), count: z.int().nonnegative() })),
  metrics: z.array(z.string()),
  units: z.array(z.string().nullable()).optional(),
  resources: z.array(z.string().nullable()).optional(),
  valueKinds: z.array(z.enum(VALUE_KINDS).nullable()).optional(),
});

export function encodePushes(pushes: readonly ForwardedPush[]): Uint8Array {
  const points = pushes.flatMap((push) => push.points);
  const texts: z.output<typeof TEXTS> = {
    pushes: pushes.map((push) => ({ id: push.id, accountId: push.accountId, count: push.points.length })),
    metrics: points.map(({ metric }) => metric),
    units: listGiven(points, ({ unit }) => unit),
    resources: listGiven(points, ({ resource }) => resource),
    valueKinds: listGiven(points, ({ valueKind }) => valueKind),
  };
  const json = JSON.stringify(texts);
  const textsAt = DOUBLE_BYTES * (HEAD + 2 * points.length);
  const bytes = new Uint8Array(textsAt + Buffer.byteLength(json));
  const doubles = new Float64Array(bytes.buffer, 0, HEAD + 2 * points.length);
  doubles.set([MARK, points.length]);
  let at = HEAD;
  for (const { timestampMs } of points) doubles[at++] = timestampMs;
  for (const { value } of points) doubles[at++] = value;
  Buffer.from(bytes.buffer).write(json, textsAt);
  return bytes;
}

/** @throws Error for what `encodePushes` did not make, or made on a machine of the other byte order */
export function decodePushes(message: Uint8Array): readonly ForwardedPush[] {
  // A view of doubles begins at a multiple of eight bytes, which a message does not.
  const bytes = new Uint8Array(message);
  if (bytes.byteLength < DOUBLE_BYTES * HEAD) throw new RangeError('not a frame of points');
  const [mark, count = 0] = new Float64Array(bytes.buffer, 0, HEAD);
  const textsAt = DOUBLE_BYTES * (HEAD + 2 * count);
  const isWhole = Number.isInteger(count) && count >= 0 && textsAt <= bytes.byteLength;
  if (mark !== MARK || !isWhole) throw new RangeError('not a frame of points');
  const texts = TEXTS.parse(JSON.parse(Buffer.from(bytes.buffer, textsAt).toString()));
  const { pushes, metrics, units, resources, valueKinds } = texts;
  const claimed = pushes.reduce((sum, push) => sum + push.count, 0);
  if (metrics.length !== count || claimed !== count)
    throw new RangeError('a frame of points with other names than points');
  const doubles = new Float64Array(bytes.buffer, DOUBLE_BYTES * HEAD, 2 * count);
  const points = metrics.map((metric, row): NamedPoint => ({
    metric,
    timestampMs: doubles[row] ?? Number.NaN,
    value: doubles[count + row] ?? Number.NaN,
    unit: units?.[row] ?? null,
    resource: resources?.[row] ?? null,
    valueKind: valueKinds?.[row] ?? undefined,
  }));
  let from = 0;
  return pushes.map((push) => ({
    id: push.id,
    accountId: push.accountId,
    points: points.slice(from, (from += push.count)),
  }));
}

function listGiven<Value>(
  points: readonly NamedPoint[],
  read: (point: NamedPoint) => Value | null | undefined,
): (Value | null)[] | undefined {
  return points.some((point) => read(point) != null) ? points.map((point) => read(point) ?? null) : undefined;
}
