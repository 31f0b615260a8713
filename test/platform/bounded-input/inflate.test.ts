import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { inflate, InflatesTooFarError } from '../../../src/platform/bounded-input/inflate.ts';

const MAX_BYTES = 25_000_000;
const inflateText = (text: string) => inflate(gzipSync(text), MAX_BYTES);

test('what senders zip is inflated: lines that differ in their time and value alone', async () => {
  const lines = Array.from(
    { length: 50_000 },
    (_, i) => `cpu,host=web-1,cpu=cpu-total usage_idle=${i % 3} ${1_764_331_200 + i}000000000\n`,
  ).join('');
  expect((await inflateText(lines)).toString()).toBe(lines);
});

test('a small body may inflate to a megabyte, however little was sent', async () => {
  expect((await inflateText('\n'.repeat(900_000))).length).toBe(900_000);
});

test.each([
  ['a megabyte out of a kilobyte', '\n'.repeat(1_100_000), 1_000_000],
  ['twelve out of twelve kilobytes', '\n'.repeat(12_000_000), 12_000_000 / 5],
])('%s is no data', async (_what, text, most) => {
  const refusal: unknown = await inflateText(text).catch((error: unknown) => error);
  expect(refusal).toBeInstanceOf(InflatesTooFarError);
  expect((refusal as InflatesTooFarError).maxBytes).toBeLessThanOrEqual(most);
});

test('no more than is allowed is inflated', async () => {
  await expect(inflate(gzipSync('abc'.repeat(1_000)), 2_999)).rejects.toThrow('more than 2999 bytes');
});

test('what is no gzip is told from what is too large', async () => {
  await expect(inflate(Buffer.from('plain'), MAX_BYTES)).rejects.not.toBeInstanceOf(InflatesTooFarError);
});
