import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { fc } from '../helpers/property.ts';
import { readModels, type ModelItem, useModels } from '../../src/cli/split-models.ts';

/** The text by pieces of some bytes: cut within names, numbers and characters. */
async function readAll(content: string | Buffer, bytesEach: number): Promise<readonly ModelItem[]> {
  const bytes = Buffer.from(content);
  async function* cut() {
    for (let start = 0; start < bytes.length; start += bytesEach) {
      yield await Promise.resolve(bytes.subarray(start, start + bytesEach));
    }
  }
  const items: ModelItem[] = [];
  for await (const item of readModels(cut())) items.push(item);
  return items;
}

const MODELS = [
  { name: 'a]}",[{\\' },
  { deep: [[1, -2.5e3], { b: null }], text: 'größer ✓' },
  [],
  5,
  'x',
  null,
];

describe('the models of a file', () => {
  it.each([1, 2, 3, 7, 1000])('are the same however the file is cut: by %i bytes', async (bytesEach) => {
    const expected = MODELS.map((model, index) => ({ index, model }));
    expect(await readAll(JSON.stringify(MODELS), bytesEach)).toEqual(expected);
    expect(await readAll(`\uFEFF ${JSON.stringify(MODELS, null, 2)}\r\n`, bytesEach)).toEqual(expected);
  });

  it('may stand alone, or one a line', async () => {
    expect(await readAll('{"a":1}', 3)).toEqual([{ index: 0, model: { a: 1 } }]);
    expect(await readAll('{"a":1}\n{"a":[2]}\n\n', 3)).toEqual([
      { index: 0, model: { a: 1 } },
      { index: 1, model: { a: [2] } },
    ]);
    expect(await readAll('[]', 1)).toEqual([]);
  });

  it('cost only themselves when they cannot be read', async () => {
    expect(await readAll('[{"a":1},{"a":x},{"a":3}]', 4)).toMatchObject([
      { model: { a: 1 } },
      { index: 1, problem: expect.stringContaining('not JSON') as unknown },
      { index: 2, model: { a: 3 } },
    ]);
  });

  it.each([
    ['within a text', '{"a":"b'],
    ['after an escape', '{"a":"b\\'],
    ['within a name', '{"a'],
    ['after a text', '{"a":"b"'],
    ['after a number', '{"a":[1,2'],
    ['after a list', '{"a":[1,2]'],
    ['after an object', '{"a":{"b":1}'],
    ['before its first name', '{'],
  ])('one a line cost only themselves when a line was cut %s', async (_what, cut) => {
    const lines = ['{"a":1}', cut, '{"b":"{"}', '', '{"c":[{"d":2},{"e":{"f":{}}}]}'];
    for (const [end, bytesEach] of [
      ['\n', 1],
      ['\r\n', 5],
      ['\n', 1000],
    ] as const) {
      expect(await readAll(lines.join(end), bytesEach)).toEqual([
        { index: 0, model: { a: 1 } },
        { index: 1, problem: expect.stringContaining('not JSON') as unknown },
        { index: 2, model: { b: '{' } },
        { index: 3, model: { c: [{ d: 2 }, { e: { f: {} } }] } },
      ]);
    }
  });

  it('are what JSON says, one after the other, however they are laid out', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.dictionary(fc.string(), fc.jsonValue()), { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 0, max: 2 }),
        fc.integer({ min: 1, max: 9 }),
        async (models, indent, bytesEach) => {
          // As JSON has them: -0 is 0 there.
          const texts = models.map((model) => JSON.stringify(model, null, indent));
          const expected = texts.map((json, index) => ({ index, model: JSON.parse(json) as unknown }));
          // Line ends between any two tokens.
          for (const text of [texts.join('\n'), texts.join('\n').replaceAll(/^\s+/gm, '')])
            expect(await readAll(text, bytesEach)).toEqual(expected);
        },
      ),
    );
  });

  it.each([
    ['', 'the file is empty'],
    ['hello', 'expected a JSON list'],
    ['[{"a":1},{"a"', 'the file ends within model 1'],
    ['[{"a":1}', 'the file ends within model 0'],
    ['{"a":', 'the file ends within model 0'],
    ['[1] [2]', 'something after the end'],
  ])('are missed in %j, and it is said', async (text, message) => {
    await expect(readAll(text, 2)).rejects.toThrow(message);
  });

  // As these programs write them: https://grafana.com/docs/grafana/latest/panels-visualizations/panel-inspector/, Excel with German
  // settings, https://docs.influxdata.com/influxdb/v2/reference/syntax/annotated-csv/, the shell of InfluxDB 1.
  it.each([
    ['\uFEFF"Time","web-1"\n2026-11-01 00:00:00,12.5 %\n', String.raw`"\"Time\",\"web-1\""`],
    ['sep=,\r\n"Time","web-1"\r\n', '"sep=,"'],
    ['\uFEFFZeit;Wert °C\r\n01.11.2026 00:00;12,5\r\n', '"Zeit;Wert °C"'],
    ['#group,false,false\n#datatype,string,long\n', '"#group,false,false"'],
    ['name,tags,time,usage\ncpu,host=a,1793491200000000000,12.5\n', '"name,tags,time,usage"'],
    [`${'ä'.repeat(79)}ä,b\n`, `"${'ä'.repeat(40)}"`],
  ])('are missed in %j of another program, and it is said what to do', async (text, beginning) => {
    const reading = readAll(text, 1000);
    await expect(reading).rejects.toThrow(`got ${beginning}: samples of other programs are pushed`);
    await expect(reading).rejects.toThrow('docs/push.md#files-of-other-programs');
  });

  it('are missed in binary, of which nothing is shown', async () => {
    await expect(readAll('PK\u0003\u0004', 1000)).rejects.toThrow('lapwing export writes them: samples');
  });

  it.each([
    [gzipSync('[{"a":1}]'), /gunzip/],
    [Buffer.from('\uFEFF[{"a":1}]', 'utf16le'), /in UTF-8, got UTF-16$/],
  ])('are missed in what is no UTF-8, and it is said what it is', async (content, message) => {
    for (const bytesEach of [1, 2, 1000]) await expect(readAll(content, bytesEach)).rejects.toThrow(message);
  });
});

describe('the models in use', () => {
  async function* write(sizes: readonly number[]) {
    yield Buffer.from('[');
    for (const [index, size] of sizes.entries())
      yield await Promise.resolve(Buffer.from(`${index === 0 ? '' : ','}"${'x'.repeat(size)}"`));
    yield Buffer.from(']');
  }
  const lengthOf = (item: ModelItem) =>
    'model' in item && typeof item.model === 'string' ? item.model.length + 2 : 0;

  it('are so many at most, and no further one is read while they are as long', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 0, max: 50 }), { maxLength: 20 }),
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 1, max: 60 }),
        fc.scheduler(),
        async (sizes, width, maxLength, scheduler) => {
          const inUse = new Set<ModelItem>();
          const used: number[] = [];
          const sum = () => [...inUse].reduce((total, item) => total + lengthOf(item), 0);
          const done = useModels(write(sizes), { width, maxLength }, async (item) => {
            expect(sum()).toBeLessThan(maxLength);
            inUse.add(item);
            expect(inUse.size).toBeLessThanOrEqual(width);
            await scheduler.schedule(Promise.resolve());
            inUse.delete(item);
            used.push(item.index);
          });
          await scheduler.waitFor(done);
          expect(used.toSorted((a, b) => a - b)).toEqual(sizes.map((_, index) => index));
        },
      ),
      { numRuns: 200 },
    );
  });

  it('are all used once one of them fails, or the file is cut', async () => {
    const used: number[] = [];
    const failing = useModels(write([1, 1, 1, 1]), { width: 2, maxLength: 100 }, async ({ index }) => {
      used.push(index);
      await Promise.resolve();
      if (index === 1) throw new Error('no room');
    });
    await expect(failing).rejects.toThrow('no room');
    expect(used).toEqual([0, 1, 2, 3]);
    async function* cut() {
      yield await Promise.resolve(Buffer.from('[1,2,[3'));
    }
    const seen: number[] = [];
    const reading = useModels(cut(), { width: 3, maxLength: 1 }, ({ index }) => {
      seen.push(index);
      return Promise.resolve();
    });
    await expect(reading).rejects.toThrow('the file ends within model 2');
    expect(seen).toEqual([0, 1]);
  });
});
