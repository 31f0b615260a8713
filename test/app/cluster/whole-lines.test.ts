import { buffer } from 'node:stream/consumers';
import { expect, it } from 'vitest';
import { fc } from '../../helpers/property.ts';
import { WholeLines } from '../../../src/app/cluster/whole-lines.ts';

/** What comes out, of chunks that are written without a pause. */
function pass(chunks: readonly Uint8Array[], end: (lines: WholeLines) => void): Promise<Buffer> {
  const lines = new WholeLines();
  const passed = buffer(lines);
  for (const chunk of chunks) lines.write(chunk);
  end(lines);
  return passed;
}

/** Newlines among few other bytes, in chunks of any size, empty ones included. */
const CHUNKS = fc.array(
  fc.array(fc.constantFrom(0x0a, 0x61, 0x20, 0xc3), { maxLength: 12 }).map((bytes) => Buffer.from(bytes)),
);

it('a sender that ends in order has passed on every byte', () =>
  fc.assert(
    fc.asyncProperty(CHUNKS, async (chunks) => {
      expect(await pass(chunks, (lines) => lines.end())).toEqual(Buffer.concat(chunks));
    }),
  ));

it('one that breaks off has passed on its whole lines, and nothing of the last one', () =>
  fc.assert(
    fc.asyncProperty(CHUNKS, async (chunks) => {
      const sent = Buffer.concat(chunks);
      const whole = sent.subarray(0, sent.lastIndexOf('\n') + 1);
      expect(await pass(chunks, (lines) => lines.breakOff())).toEqual(whole);
    }),
  ));

it('holds a line that is too long no longer than it may be one, and a large chunk not at all', () => {
  const lines = new WholeLines();
  lines.write(Buffer.alloc(65_536, 'a'));
  expect(lines.read()).toBeNull();
  lines.write(Buffer.alloc(1, 'a'));
  expect(lines.read()).toHaveLength(65_537);
  lines.write(Buffer.concat([Buffer.alloc(100_000, 'b'), Buffer.from('\nc')]));
  expect(lines.read()).toHaveLength(100_001);
});
