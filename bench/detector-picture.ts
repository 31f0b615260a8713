/**
 * Draws docs/detector.svg from real output: tsx bench/detector-picture.ts [--csv FILE --from ROW --to ROW] --out FILE.
 * Above the value with the band it was expected in, below the score on the logarithmic scale, a line where an
 * incident opens red. Without --csv: the fourth week of a made-up load with three incidents.
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { DETECTOR_KINDS } from '../src/detector/detector-kinds.ts';
import { RED_SCORE, toLogScale } from '../src/detector/likelihood.ts';
import type { Judgement, Sample } from '../src/model.ts';
import { makeLoad } from './detector-load.ts';
import { parseTime, writeLines } from './nab-series.ts';

const WIDTH = 900;
const VALUE_HEIGHT = 220;
const SCORE_TOP = 250;
const SCORE_HEIGHT = 80;
const DAY = 288;

interface Drawn extends Judgement {
  readonly value: number;
}

const { values: options } = parseArgs({
  options: {
    csv: { type: 'string' },
    from: { type: 'string' },
    to: { type: 'string' },
    out: { type: 'string', default: 'docs/detector.svg' },
  },
});

/** Four weeks; in the last a spike, a standstill at night and a lasting shift. */
function makeExample(): Sample[] {
  return makeLoad(28 * DAY, 4).map(({ timestampMs, value }, row, all) => {
    const inWeek = row - 21 * DAY;
    if (inWeek === DAY + 40) return { timestampMs, value: value + 35 };
    if (inWeek >= 2 * DAY + 12 && inWeek < 2 * DAY + 60) {
      return { timestampMs, value: all[21 * DAY + 2 * DAY + 12]?.value ?? value };
    }
    return { timestampMs, value: inWeek >= 4 * DAY + 120 ? value + 30 : value };
  });
}

function readCsv(path: string): Sample[] {
  const [, ...lines] = readFileSync(path, 'utf8').split(/\r?\n/);
  let lastMs = -Infinity;
  const samples: Sample[] = [];
  for (const line of lines) {
    const [time, value] = line.split(',');
    if (time === undefined || value === undefined || parseTime(time) <= lastMs) continue;
    lastMs = parseTime(time);
    samples.push({ timestampMs: lastMs, value: Number(value) });
  }
  return samples;
}

function drawPath(values: readonly number[], toY: (value: number) => number): string {
  const points = values.map(
    (value, i) => `${((i * WIDTH) / values.length).toFixed(1)},${toY(value).toFixed(1)}`,
  );
  return `M${points.join('L')}`;
}

function drawBand(rows: readonly Drawn[], toY: (value: number) => number): string {
  const upper = drawPath(
    rows.map(({ high }) => high),
    toY,
  );
  const lower = rows.map(({ low }, i) => `${((i * WIDTH) / rows.length).toFixed(1)},${toY(low).toFixed(1)}`);
  return `<path d="${upper}L${lower.toReversed().join('L')}Z" fill="#bcd6f2"/>`;
}

function draw(rows: readonly Drawn[]): string[] {
  const values = rows.map(({ value }) => value);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const padded = (high - low) * 0.15 || 1;
  const toY = (value: number): number => {
    const share = (value - low + padded) / (high - low + 2 * padded);
    return Math.min(VALUE_HEIGHT, Math.max(0, VALUE_HEIGHT * (1 - share)));
  };
  const toScoreY = (score: number): number => SCORE_TOP + SCORE_HEIGHT * (1 - toLogScale(score));
  const reds = rows.flatMap(({ episode, score, view }, i) => {
    if (!episode || score < RED_SCORE) return [];
    const x = ((i * WIDTH) / rows.length).toFixed(1);
    const label = `<text x="${x}" y="${VALUE_HEIGHT + 18}" font-size="11" fill="#c0182b">${view ?? ''}</text>`;
    return [`<line x1="${x}" x2="${x}" y1="0" y2="${SCORE_TOP + SCORE_HEIGHT}" stroke="#c0182b"/>`, label];
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${SCORE_TOP + SCORE_HEIGHT + 4}" font-family="sans-serif">`,
    '<title>A metric, the band it was expected in, its score, and the rows that open a red incident</title>',
    '<rect width="100%" height="100%" fill="#fff"/>',
    drawBand(rows, toY),
    ...reds,
    `<path d="${drawPath(values, toY)}" fill="none" stroke="#20405f" stroke-width="0.8"/>`,
    `<line x1="0" x2="${WIDTH}" y1="${toScoreY(RED_SCORE)}" y2="${toScoreY(RED_SCORE)}" stroke="#c0182b" stroke-dasharray="4"/>`,
    `<path d="${drawPath(
      rows.map(({ score }) => score),
      toScoreY,
    )}" fill="none" stroke="#555" stroke-width="0.8"/>`,
    '</svg>',
  ];
}

const samples = options.csv === undefined ? makeExample() : readCsv(options.csv);
const detector = DETECTOR_KINDS[0].create({});
const judged = samples.map(({ timestampMs, value }): Drawn => ({
  value,
  ...detector.update(timestampMs, value),
}));
const from = Number(options.from ?? (options.csv === undefined ? 21 * DAY : 0));
writeLines(options.out, draw(judged.slice(from, Number(options.to ?? judged.length))));
