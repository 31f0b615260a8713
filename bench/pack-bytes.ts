/** How many bytes a sample takes, by sets of series. */
import type pg from 'pg';
import { BitWriter } from '../src/core/samples/packed/bits.ts';
import { SampleBlock } from '../src/core/samples/packed/block-codec.ts';
import { writeIntegers } from '../src/core/samples/packed/integer-column.ts';
import { toWords } from '../src/core/samples/packed/double-words.ts';
import { writeNumbers } from '../src/core/samples/packed/number-column.ts';
import { writeXor } from '../src/core/samples/packed/xor-column.ts';
import { printFigure } from './measure.ts';

interface StoredSet {
  readonly name: string;
  /** Of its metrics. */
  readonly numbers: readonly number[];
  /** Bytes on disk for each block besides what is in it: its row, and its share of the indexes. */
  readonly besideBlock: number;
}

/** What Prometheus gives as its average for a time and a value. https://prometheus.io/docs/prometheus/latest/storage/ */
const PROMETHEUS = { name: "Prometheus' published average", value: 1.3 };

export async function measureSet(
  client: pg.Client,
  { name, numbers, besideBlock }: StoredSet,
): Promise<void> {
  const { rows } = await client.query<{ number: number; data: Buffer }>(
    'SELECT metric_number AS number, data FROM sample_block WHERE metric_number = ANY($1)',
    [numbers],
  );
  let [samples, data, timesAndValues, byXor] = [0, 0, 0, 0];
  for (const row of rows) {
    const block = new SampleBlock(row.number, row.data);
    samples += block.count;
    data += row.data.length;
    timesAndValues += measureColumns(block, writeNumbers);
    byXor += measureColumns(block, (writer, values) => writeXor(writer, toWords(values)));
  }
  if (samples === 0) return;
  const bytes = (data + rows.length * besideBlock) / samples;
  printFigure({ name: `${name}: samples packed`, value: samples, unit: 'samples' });
  printFigure({ name: `${name}: bytes a sample, indexes included`, value: bytes, unit: 'bytes' });
  const value = timesAndValues / samples;
  printFigure({ name: `${name}: times and values only`, value, unit: 'bytes', against: PROMETHEUS });
  const xor = { name: 'values by XOR alone, as Prometheus writes them', value: byXor / samples };
  printFigure({ name: `${name}: times and values only`, value, unit: 'bytes', against: xor });
}

function measureColumns(
  { timestampsMs, values }: SampleBlock,
  write: (writer: BitWriter, values: Float64Array) => void,
): number {
  const writer = new BitWriter();
  writeIntegers(writer, timestampsMs);
  writer.align();
  write(writer, values);
  return writer.finish().length;
}
