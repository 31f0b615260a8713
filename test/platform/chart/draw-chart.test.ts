/** Pictures as SVG and as PNG: what is in them, and that nothing a caller names can break them. */
import { XMLParser } from 'fast-xml-parser';
import { describe, expect, it } from 'vitest';
import { drawBars } from '../../../src/platform/chart/draw-bars.ts';
import { drawPie } from '../../../src/platform/chart/draw-pie.ts';
import { drawSingleValues } from '../../../src/platform/chart/draw-single-values.ts';
import { drawTimeChart } from '../../../src/platform/chart/draw-time-chart.ts';
import { formatNumber } from '../../../src/platform/chart/format-number.ts';
import { PngRenderer, RenderError } from '../../../src/platform/chart/render-png.ts';
import type { ChartLine, TimeChart } from '../../../src/platform/chart/chart.ts';

const renderer = new PngRenderer();
const HOUR = 3_600_000;
const START = Date.parse('2026-11-20T22:00:00Z');
const line = (label: string, values: readonly number[], more: Partial<ChartLine> = {}): ChartLine => ({
  label,
  color: '#1f77b4',
  axis: 'left',
  points: values.map((value, i) => [START + i * 300_000, value] as const),
  maxGapMs: 600_000,
  ...more,
});
const chart = (more: Partial<TimeChart> = {}): TimeChart => ({
  width: 600,
  height: 400,
  title: '',
  theme: 'light',
  startMs: START,
  endMs: START + 3 * HOUR,
  offsetMinutes: 0,
  legend: 'bottom',
  stacked: false,
  lines: [line('orders', [1, 5, 3])],
  bands: [],
  horizontals: [],
  verticals: [],
  axes: { left: { min: null, max: null, label: '' }, right: { min: null, max: null, label: '' } },
  ...more,
});

const texts = (svg: string) => [...svg.matchAll(/<text[^>]*>([^<]*)</g)].map(([, text]) => text);
const paths = (svg: string) => [...svg.matchAll(/<path d="([^"]*)"/g)].map(([, path]) => path ?? '');

describe('A chart over time', () => {
  it('has title, legend, values and the times of its zone', () => {
    const shown = texts(drawTimeChart(chart({ title: 'Orders', offsetMinutes: 90 })));
    expect(shown).toEqual(expect.arrayContaining(['Orders', 'orders', '1', '5', '23:30', '11-21', '02:00']));
  });

  it.each([
    ['three days', 72, 170],
    ['a quarter of an hour', 0.25, 120],
    ['five weeks', 840, 120],
  ])('has two times at least, also of %s in a narrow picture', (_what, hours, width) => {
    const narrow = chart({ width, endMs: START + hours * HOUR, lines: [line('', [1, 2])] });
    const times = texts(drawTimeChart(narrow)).filter((text) => /\d[:-]\d/.test(text ?? ''));
    expect(times.length).toBeGreaterThanOrEqual(2);
  });

  it('stacks lines: each stands on the one below', () => {
    const svg = drawTimeChart(chart({ stacked: true, lines: [line('a', [10, 10]), line('b', [10, 10])] }));
    expect(texts(svg)).toContain('20');
    expect(paths(svg)).toHaveLength(4);
  });

  it('does not join points further apart than the gap, and draws lonely ones', () => {
    const points = [0, 1, 5, 9, 10].map((i) => [START + i * 300_000, i] as const);
    const svg = drawTimeChart(chart({ lines: [line('a', [], { points })] }));
    expect(paths(svg)).toHaveLength(2);
    expect(svg.match(/<circle/g)).toHaveLength(1);
  });

  it('gives an axis the bounds it is asked for, and one to the right', () => {
    const svg = drawTimeChart(
      chart({
        lines: [line('a', [1, 2]), line('b', [2_000_000, 4_000_000], { axis: 'right' })],
        axes: { left: { min: 0, max: 8, label: 'Count' }, right: { min: 0, max: null, label: 'Bytes' } },
      }),
    );
    expect(texts(svg)).toEqual(expect.arrayContaining(['0', '8', '4M', 'Count', 'Bytes']));
  });

  it('draws bands and marks, shaded where they are filled', () => {
    const band = {
      label: 'expected',
      color: '#aaaaaa',
      axis: 'left' as const,
      lower: line('', [0, 1]).points,
      upper: line('', [4, 5]).points,
    };
    const mark = { label: 'limit', color: '#ff0000', until: null, axis: 'left' as const };
    const svg = drawTimeChart(
      chart({
        bands: [band],
        horizontals: [{ ...mark, value: 4, fill: 'above' }],
        verticals: [
          {
            timeMs: START + HOUR,
            untilMs: START + 2 * HOUR,
            label: 'deploy',
            color: '#00ff00',
            fill: 'none',
          },
        ],
      }),
    );
    expect(texts(svg)).toEqual(expect.arrayContaining(['limit', 'deploy', 'expected']));
    expect(svg.match(/<rect[^>]*fill-opacity="0.15"/g)).toHaveLength(2);
    expect(svg).toContain('fill="#aaaaaa" fill-opacity="0.25"');
  });

  it('says how many names have no room', () => {
    const lines = Array.from({ length: 100 }, (_, i) => line(`series number ${i} with a long name`, [i]));
    const shown = texts(drawTimeChart(chart({ lines })));
    expect(shown.some((text) => /^\+\d+$/.test(text ?? ''))).toBe(true);
  });
});

const HOSTILE: readonly (readonly [string, Partial<TimeChart>])[] = [
  ['one pixel', { width: 1, height: 1, title: 'x' }],
  ['two thousand by one', { width: 2_000, height: 1 }],
  ['no lines', { lines: [] }],
  ['a line without points', { lines: [line('a', [])] }],
  ['a single point', { lines: [line('a', [5])] }],
  ['zeros', { lines: [line('a', [0, 0])] }],
  ['values no axis can hold', { lines: [line('a', [-1.7e308, 1.7e308])] }],
  ['values next to nothing', { lines: [line('a', [5e-324, 1e-300])] }],
  [
    'a minimum above the maximum',
    { axes: { left: { min: 9, max: 1, label: '' }, right: { min: 9, max: 9, label: '' } } },
  ],
  [
    'markup and control characters',
    { title: '</text><script>&"\'\u0000\u001b', lines: [line('<a href="x">\ud800', [1, 2])] },
  ],
  ['a range of a millisecond', { startMs: START, endMs: START + 1 }],
  ['a range of a century', { startMs: 0, endMs: START * 2 }],
  ['a title longer than the picture', { title: 'long '.repeat(1_000) }],
  ['stacked without points', { stacked: true, lines: [line('a', []), line('b', [])] }],
];

describe.each(HOSTILE)('With %s', (_what, more) => {
  it('the chart is XML without a number that is none, and a PNG of its size', async () => {
    for (const legend of ['bottom', 'right', 'hidden'] as const) {
      const given = chart({ legend, ...more });
      const svg = drawTimeChart(given);
      expect(new XMLParser().parse(svg)).toHaveProperty('svg');
      expect(svg).not.toMatch(/NaN|Infinity|undefined/);
      expect(svg).not.toContain('<script');
    }
    const given = chart(more);
    const png = await renderer.render(drawTimeChart(given));
    expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([given.width, given.height]);
  });
});

describe('Single values', () => {
  it('are shown large, with their names; one without a value as such', () => {
    const values = [
      { label: 'orders', color: '#1f77b4', value: 12_345.678 },
      { label: 'errors', color: '#d62728', value: null },
    ];
    const svg = drawSingleValues({ width: 400, height: 200, title: 'Now', theme: 'dark', values });
    expect(texts(svg)).toEqual(['Now', '12.35k', 'orders', '--', 'errors']);
  });

  it('are drawn in the smallest picture, and without any', async () => {
    const picture = { width: 1, height: 1, title: '', theme: 'light' } as const;
    for (const values of [[], [{ label: 'a', color: '#000000', value: 1 }]]) {
      const svg = drawSingleValues({ ...picture, values });
      expect(svg).not.toMatch(/NaN|Infinity/);
      expect((await renderer.render(svg)).subarray(1, 4).toString()).toBe('PNG');
    }
  });
});

it('draws letters with the font it brings along', async () => {
  const blank = await renderer.render(drawTimeChart(chart({ lines: [], title: '' })));
  const titled = await renderer.render(drawTimeChart(chart({ lines: [], title: 'Ärger Ωμέγα Привет' })));
  expect(titled.length).toBeGreaterThan(blank.length + 1_000);
});

it('gives up a picture that takes too long, or cannot be read, and draws the next one', async () => {
  const hasty = new PngRenderer({ maxMs: 1 });
  await expect(hasty.render(drawTimeChart(chart()))).rejects.toMatchObject({ reason: 'TIMEOUT' });
  await expect(renderer.render('<svg')).rejects.toMatchObject({ reason: 'FAILED' });
  expect((await renderer.render(drawTimeChart(chart()))).length).toBeGreaterThan(1_000);
});

it('refuses pictures beyond those that may wait', async () => {
  const busy = new PngRenderer({ maxMs: 1 });
  const svg = drawTimeChart(chart());
  const ends = await Promise.allSettled(Array.from({ length: 25 }, () => busy.render(svg)));
  const reasons = ends.map((end) =>
    end.status === 'rejected' && end.reason instanceof RenderError ? end.reason.reason : '',
  );
  expect(reasons.slice(20)).toEqual(Array.from({ length: 5 }, () => 'BUSY'));
  expect(reasons.slice(0, 20)).not.toContain('BUSY');
});

it.each([
  [0, '0'],
  [999, '999'],
  [1_000, '1k'],
  [999_999, '1M'],
  [1_234_567, '1.235M'],
  [-2_500, '-2.5k'],
  [0.25, '0.25'],
  [0.0001, '1.00e-4'],
  [1.5e21, '1.50e+21'],
  [99.95, '99.95'],
])('%d is shown as %s', (value, text) => {
  expect(formatNumber(value, 4)).toBe(text);
});

describe.each([
  ['Bars', drawBars],
  ['A pie', drawPie],
] as const)('%s', (_what, draw) => {
  const picture = { width: 400, height: 200, title: 'Now', theme: 'light' } as const;
  const value = (label: string, given: number | null) => ({ label, color: '#123456', value: given });

  it('names each series with its value, also one without', () => {
    const shown = texts(draw({ ...picture, values: [value('orders', 1500), value('none', null)] })).join(
      ' | ',
    );
    expect(shown).toContain('Now');
    expect(shown).toMatch(/orders.*1\.5k/);
    expect(shown).toMatch(/none.*--/);
  });

  it.each([
    ['no series', []],
    ['no values', [value('a', null)]],
    ['nothing but 0', [value('a', 0), value('b', 0)]],
    ['nothing but what is below 0', [value('a', -5), value('b', -1e308)]],
    ['the largest numbers', [value('a', 1.7e308), value('b', -1.7e308), value('c', 1.7e308)]],
    ['a hundred series', Array.from({ length: 100 }, (_, i) => value(`series ${i} <&>`, i))],
  ])('of %s are a picture in every size', async (_case, values) => {
    for (const [width, height] of [
      [1, 1],
      [30, 900],
      [600, 40],
      [400, 300],
    ] as const) {
      const svg = draw({ ...picture, width, height, values });
      expect(svg).not.toMatch(/NaN|Infinity|="-\d+(\.\d+)?" height|width="-/);
    }
    for (const size of [1, 300]) {
      const png = await renderer.render(draw({ ...picture, width: size, height: size, values }));
      expect(png.subarray(1, 4).toString()).toBe('PNG');
    }
  });
});

describe('The parts of a pie', () => {
  it('are those of the values above 0, and add up to all of it', () => {
    const values = [25, 75, -10, null].map((value, i) => ({ label: `s${i}`, color: '#123456', value }));
    const long = { label: 'n'.repeat(200), color: '#123456', value: 5 };
    const cut = texts(drawPie({ width: 500, height: 200, title: '', theme: 'light', values: [long] }));
    expect(cut[0]).toMatch(/^n+… 5 \(100 %\)$/);
    const svg = drawPie({ width: 500, height: 200, title: '', theme: 'light', values });
    expect(paths(svg)).toHaveLength(2);
    expect(texts(svg)).toEqual(['s0 25 (25 %)', 's1 75 (75 %)', 's2 -10 (0 %)', 's3 -- (0 %)']);
  });
});
