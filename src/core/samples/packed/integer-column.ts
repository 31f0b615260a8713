/**
 * Whole numbers of one column. What is stored of each is how far it is from what the ones before lead to expect: from
 * nothing, from the last one, or from the last one and its step. Small distances take few bits (Golomb-Rice codes; k is
 * the number of low bits written as they are). https://en.wikipedia.org/wiki/Golomb_coding
 */
import { type BitReader, type BitWriter, DamagedBlockError, ESCAPE, WIDE_BITS } from './bits.ts';

/** Distances of distances stay whole numbers that a double holds. */
export const MAX_INTEGER = 2 ** 50;
const ORDERS = [0, 1, 2] as const;
type Order = (typeof ORDERS)[number];

const KIND = { RICE: 0, CONSTANT: 1, RUNS: 2, WIDE: 3 } as const;
const KIND_BITS = 2;
const ORDER_BITS = 2;
const K_BITS = 6;
/** The best k is about the length of half of the distances: so many on either side are tried. */
const K_TRIED = 4;
const COUNT_BITS = 32;

/** How a column is written. */
export interface IntegerPlan {
  readonly order: Order;
  /** -1 where nothing differs from what is expected. */
  readonly k: number;
  /** How often a number differs from the one before it, and one for the first. */
  readonly runs: number;
  /** Whether there are numbers beyond MAX_INTEGER. */
  readonly isWide: boolean;
  /** About how many bits it takes. */
  readonly bits: number;
}

/** @param values whole numbers to 2^53 on either side of 0, no minus zero */
export function writeIntegers(writer: BitWriter, values: Float64Array, plan = planIntegers(values)): void {
  if (plan.isWide) {
    writer.write(KIND.WIDE, KIND_BITS);
    for (const value of values) writeSigned(writer, value);
  } else if (isRuns(plan)) writeRuns(writer, values, plan.runs);
  else writePlanned(writer, values, plan);
}

/** @throws DamagedBlockError */
export function readIntegers(reader: BitReader, count: number): Float64Array {
  const kind = reader.read(KIND_BITS);
  if (kind === KIND.WIDE) return Float64Array.from({ length: count }, () => readSigned(reader));
  if (kind === KIND.RUNS) return readRuns(reader, count);
  return readPlanned(reader, count, kind === KIND.CONSTANT);
}

function writePlanned(writer: BitWriter, values: Float64Array, { order, k }: IntegerPlan): void {
  writer.write(k < 0 ? KIND.CONSTANT : KIND.RICE, KIND_BITS);
  writer.write(order, ORDER_BITS);
  if (k >= 0) writer.write(k, K_BITS);
  const heads = Math.min(order, values.length);
  for (let index = 0; index < heads; index++) writeSigned(writer, values[index] ?? 0);
  if (k < 0) return;
  let last = order === 0 ? 0 : (values[heads - 1] ?? 0);
  let step = order === 2 ? last - (values[0] ?? 0) : 0;
  for (let index = heads; index < values.length; index++) {
    const value = values[index] ?? 0;
    const distance = value - last - step;
    if (order > 0) {
      if (order === 2) step = value - last;
      last = value;
    }
    writer.writeRice(toUnsigned(distance), k);
  }
}

function readPlanned(reader: BitReader, count: number, isConstant: boolean): Float64Array {
  const order = reader.read(ORDER_BITS);
  if (order > 2) throw new DamagedBlockError('a column of a block is of no known order');
  const k = isConstant ? -1 : reader.read(K_BITS);
  const values = new Float64Array(count);
  const heads = Math.min(order, count);
  for (let index = 0; index < heads; index++) values[index] = readSigned(reader);
  if (k >= 0) reader.readRice(values, heads, k);
  if (order === 2) addSteps(values);
  else if (order === 1) addDistances(values);
  else if (k >= 0) for (let index = 0; index < count; index++) values[index] = toSigned(values[index] ?? 0);
  return values;
}

/** Makes numbers of how far each is from the one before it. */
function addDistances(values: Float64Array): void {
  let last = values[0] ?? 0;
  for (let index = 1; index < values.length; index++) {
    last += toSigned(values[index] ?? 0);
    values[index] = last;
  }
}

/** Makes numbers of how far the step to each is from the step before it. */
function addSteps(values: Float64Array): void {
  let last = values[1] ?? 0;
  let step = last - (values[0] ?? 0);
  for (let index = 2; index < values.length; index++) {
    step += toSigned(values[index] ?? 0);
    last += step;
    values[index] = last;
  }
}

function writeRuns(writer: BitWriter, values: Float64Array, runs: number): void {
  const heads = new Float64Array(runs);
  const lengths = new Float64Array(runs);
  let run = -1;
  values.forEach((value, index) => {
    if (index === 0 || value !== values[index - 1]) heads[++run] = value;
    lengths[run] = (lengths[run] ?? 0) + 1;
  });
  writer.write(KIND.RUNS, KIND_BITS);
  writer.write(runs, COUNT_BITS);
  writePlanned(writer, heads, planIntegers(heads));
  writePlanned(writer, lengths, planIntegers(lengths));
}

function readRuns(reader: BitReader, count: number): Float64Array {
  const runs = reader.read(COUNT_BITS);
  if (runs > count) throw new DamagedBlockError('a column of a block has more runs than rows');
  const [heads, lengths] = [readIntegers(reader, runs), readIntegers(reader, runs)];
  const values = new Float64Array(count);
  let at = 0;
  for (let run = 0; run < runs; run++) {
    const end = at + (lengths[run] ?? 0);
    values.fill(heads[run] ?? 0, at, end);
    at = end;
  }
  if (at !== count) throw new DamagedBlockError('the runs of a column of a block have another length');
  return values;
}

/** How many distances of each order there are of each length in bits: filled anew for each column. */
const LENGTHS = ORDERS.map(() => new Uint32Array(WIDE_BITS + 1));
const [LENGTHS_OF_VALUES, LENGTHS_OF_STEPS, LENGTHS_OF_CHANGES] = LENGTHS as [
  Uint32Array,
  Uint32Array,
  Uint32Array,
];

/** The order and the k that take the fewest bits, by the lengths of the distances. */
export function planIntegers(values: Float64Array): IntegerPlan {
  const [first = 0] = values;
  if (isConstant(values)) {
    const order = first === 0 ? 0 : 1;
    return { order, k: -1, runs: 1, isWide: !(Math.abs(first) <= MAX_INTEGER), bits: order * WIDE_BITS };
  }
  for (const lengths of LENGTHS) lengths.fill(0);
  let [runs, farthest, last, lastStep] = [0, 0, 0, 0];
  for (let index = 0; index < values.length; index++) {
    const value = values[index] ?? 0;
    const step = value - last;
    if (step !== 0 || index === 0) runs += 1;
    farthest = Math.max(farthest, Math.abs(value));
    count(LENGTHS_OF_VALUES, value);
    if (index > 0) count(LENGTHS_OF_STEPS, step);
    if (index > 1) count(LENGTHS_OF_CHANGES, step - lastStep);
    last = value;
    lastStep = step;
  }
  let best = { order: 0 as Order, k: 0, bits: Infinity };
  for (const order of ORDERS) {
    const plan = chooseK(order, LENGTHS[order] ?? LENGTHS_OF_VALUES);
    if (plan.bits < best.bits) best = plan;
  }
  const plan = { ...best, runs, isWide: !(farthest <= MAX_INTEGER) };
  return isRuns(plan) ? { ...plan, bits: estimateRuns(plan) } : plan;
}

function isConstant(values: Float64Array): boolean {
  for (let index = 1; index < values.length; index++) if (values[index] !== values[0]) return false;
  return true;
}

function count(lengths: Uint32Array, distance: number): void {
  const length = bitLength(toUnsigned(distance));
  lengths[length] = (lengths[length] ?? 0) + 1;
}

/** A run costs a value and a length: with this estimate it is tried only where it wins by far. */
function estimateRuns({ runs }: IntegerPlan): number {
  return runs * 24 + 64;
}

function isRuns(plan: IntegerPlan): boolean {
  return plan.k >= 0 && estimateRuns(plan) <= plan.bits;
}

/** @param lengths how many distances there are of each length in bits */
function chooseK(order: Order, lengths: Uint32Array): { order: Order; k: number; bits: number } {
  const heads = order * WIDE_BITS;
  let longest = WIDE_BITS;
  while (longest > 0 && (lengths[longest] ?? 0) === 0) longest -= 1;
  if (longest === 0) return { order, k: -1, bits: heads };
  const best = { order, k: 0, bits: Infinity };
  const middle = findMiddle(lengths);
  for (let k = Math.max(0, middle - K_TRIED); k <= middle + K_TRIED && k <= longest; k++) {
    let bits = heads;
    for (let length = 0; length <= longest && bits < best.bits; length++) {
      const count = lengths[length] ?? 0;
      if (count === 0) continue;
      const ones = length <= k ? 0 : 1.5 * 2 ** (length - 1 - k);
      bits += count * (ones < ESCAPE ? ones + 1 + k : ESCAPE + 1 + WIDE_BITS);
    }
    if (bits < best.bits) [best.k, best.bits] = [k, bits];
  }
  return best;
}

/** The length that half of the distances do not exceed. */
function findMiddle(lengths: Uint32Array): number {
  let left = 0;
  for (const count of lengths) left += count;
  left /= 2;
  let middle = 0;
  while (middle < lengths.length - 1 && (left -= lengths[middle] ?? 0) > 0) middle += 1;
  return middle;
}

function writeSigned(writer: BitWriter, value: number): void {
  writer.write(value < 0 ? 1 : 0, 1);
  writer.writeWide(Math.abs(value), WIDE_BITS);
}

function readSigned(reader: BitReader): number {
  const isNegative = reader.read(1) === 1;
  const magnitude = reader.readWide(WIDE_BITS);
  return isNegative && magnitude !== 0 ? -magnitude : magnitude;
}

/** 0, -1, 1, -2, 2 as 0, 1, 2, 3, 4. */
function toUnsigned(value: number): number {
  return value < 0 ? -2 * value - 1 : 2 * value;
}

function toSigned(value: number): number {
  if (value < 0x8000_0000) return (value >>> 1) ^ -(value & 1);
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
}

function bitLength(value: number): number {
  return value < 4_294_967_296 ? 32 - Math.clz32(value) : 64 - Math.clz32(Math.floor(value / 4_294_967_296));
}
