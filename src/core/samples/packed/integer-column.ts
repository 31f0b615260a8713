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

interface Plan {
  readonly order: Order;
  readonly k: number;
  readonly bits: number;
}

/** Whole numbers to 2^53 on either side of 0, no minus zero. */
export function writeIntegers(writer: BitWriter, values: Float64Array): void {
  if (!values.every((value) => Math.abs(value) <= MAX_INTEGER)) {
    writer.write(KIND.WIDE, KIND_BITS);
    for (const value of values) writeSigned(writer, value);
    return;
  }
  const plan = choosePlan(values);
  const runs = countRuns(values);
  // A run costs a value and a length: with this estimate it is tried only where it wins by far.
  if (plan.k >= 0 && runs * 24 + 64 < plan.bits) writeRuns(writer, values, runs);
  else writePlanned(writer, values, plan);
}

/** About how many bits `writeIntegers` takes, for numbers up to MAX_INTEGER. */
export function estimateBits(values: Float64Array): number {
  return Math.min(choosePlan(values).bits, countRuns(values) * 24 + 64);
}

/** @throws DamagedBlockError */
export function readIntegers(reader: BitReader, count: number): Float64Array {
  const kind = reader.read(KIND_BITS);
  if (kind === KIND.WIDE) return Float64Array.from({ length: count }, () => readSigned(reader));
  if (kind === KIND.RUNS) return readRuns(reader, count);
  return readPlanned(reader, count, kind === KIND.CONSTANT);
}

function writePlanned(writer: BitWriter, values: Float64Array, { order, k }: Plan): void {
  writer.write(k < 0 ? KIND.CONSTANT : KIND.RICE, KIND_BITS);
  writer.write(order, ORDER_BITS);
  if (k >= 0) writer.write(k, K_BITS);
  const heads = Math.min(order, values.length);
  for (let index = 0; index < heads; index++) writeSigned(writer, values[index] ?? 0);
  if (k < 0) return;
  const distances = listDistances(values, order);
  for (let index = heads; index < values.length; index++) {
    writer.writeRice(toUnsigned(distances[index] ?? 0), k);
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
  let last = values[heads - 1] ?? 0;
  let step = order === 2 ? last - (values[heads - 2] ?? 0) : 0;
  for (let index = heads; index < count; index++) {
    const residual = toSigned(values[index] ?? 0);
    step = order === 2 ? step + residual : residual;
    last = order === 0 ? residual : last + step;
    values[index] = last;
  }
  return values;
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
  writePlanned(writer, heads, choosePlan(heads));
  writePlanned(writer, lengths, choosePlan(lengths));
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

/** The order and the k that take the fewest bits; k is -1 where nothing differs from what is expected. */
function choosePlan(values: Float64Array): Plan {
  let best: Plan = { order: 0, k: 0, bits: Infinity };
  let distances = values;
  for (const order of ORDERS) {
    if (order > 0) distances = listDifferences(distances);
    const lengths = new Uint32Array(WIDE_BITS + 1);
    for (let index = Math.min(order, values.length); index < values.length; index++) {
      const length = bitLength(toUnsigned(distances[index] ?? 0));
      lengths[length] = (lengths[length] ?? 0) + 1;
    }
    const plan = chooseK(order, lengths);
    if (plan.bits < best.bits) best = plan;
  }
  return best;
}

/** @param lengths how many distances there are of each length in bits */
function chooseK(order: Order, lengths: Uint32Array): Plan {
  const heads = order * WIDE_BITS;
  const longest = lengths.findLastIndex((count) => count > 0);
  if (longest <= 0) return { order, k: -1, bits: heads };
  let best: Plan = { order, k: 0, bits: Infinity };
  const middle = findMiddle(lengths);
  for (let k = Math.max(0, middle - K_TRIED); k <= middle + K_TRIED && k <= longest; k++) {
    let bits = heads;
    for (let length = 0; length <= longest; length++) {
      const count = lengths[length] ?? 0;
      if (count === 0) continue;
      const ones = length <= k ? 0 : 1.5 * 2 ** (length - 1 - k);
      bits += count * (ones < ESCAPE ? ones + 1 + k : ESCAPE + 1 + WIDE_BITS);
    }
    if (bits < best.bits) best = { order, k, bits };
  }
  return best;
}

/** The length that half of the distances do not exceed. */
function findMiddle(lengths: Uint32Array): number {
  let left = lengths.reduce((sum, count) => sum + count, 0) / 2;
  return lengths.findIndex((count) => (left -= count) <= 0);
}

function listDistances(values: Float64Array, order: Order): Float64Array {
  const differences = order === 0 ? values : listDifferences(values);
  return order === 2 ? listDifferences(differences) : differences;
}

/** From the number before each. */
function listDifferences(values: Float64Array): Float64Array {
  const differences = new Float64Array(values.length);
  for (let index = 1; index < values.length; index++) {
    differences[index] = (values[index] ?? 0) - (values[index - 1] ?? 0);
  }
  return differences;
}

function countRuns(values: Float64Array): number {
  let runs = values.length > 0 ? 1 : 0;
  for (let index = 1; index < values.length; index++) if (values[index] !== values[index - 1]) runs += 1;
  return runs;
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
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
}

function bitLength(value: number): number {
  return value < 4_294_967_296 ? 32 - Math.clz32(value) : 64 - Math.clz32(Math.floor(value / 4_294_967_296));
}
