/** Draws the newest value of each series as a bar: names to the left, values at the ends. */
import { scaleLinear } from 'd3-scale';
import type { SingleValue, SingleValues } from './chart.ts';
import { drawTitle, measureTitle } from './draw-title.ts';
import { formatNumber } from './format-number.ts';
import { drawPicture, drawText, element, fitText, measureText, PALETTES } from './svg.ts';

const MAX_TEXT_SIZE = 13;
const MAX_THICKNESS = 40;
const PADDING = 8;
/** Of the picture, that names take at most. */
const NAMES_PART = 0.35;
/** The length between values beyond this is no finite number. */
const MAX_VALUE = 1e300;

/** @returns SVG; bars begin at 0, those below it go to the left */
export function drawBars(picture: SingleValues): string {
  const { width, values, theme } = picture;
  const palette = PALETTES[theme];
  const top = measureTitle(picture) + PADDING;
  const rowHeight = Math.max(1, picture.height - top - PADDING) / Math.max(1, values.length);
  const size = Math.min(MAX_TEXT_SIZE, rowHeight * 0.8);
  const widestOf = (shown: readonly string[]) => Math.max(0, ...shown.map((one) => measureText(one, size)));
  const names = Math.min(widestOf(values.map(({ label }) => label)), width * NAMES_PART);
  const left = names + 2 * PADDING;
  const right = Math.max(left + 1, width - widestOf(values.map(showValue)) - 2 * PADDING);
  const scale = scaleLinear().domain(findRange(values)).range([left, right]);
  const zero = scale(0);
  const thickness = Math.min(MAX_THICKNESS, rowHeight * 0.7);
  const rows = values.map((one, i) => {
    const y = top + (i + 0.5) * rowHeight;
    const end = scale(clamp(one.value ?? 0));
    const bar = {
      x: Math.min(zero, end),
      y: y - thickness / 2,
      width: Math.abs(end - zero),
      height: thickness,
    };
    const baseline = y + size / 3;
    return element(
      'g',
      {},
      drawText(fitText(one.label, size, names), left - PADDING, baseline, {
        size,
        color: palette.quiet,
        anchor: 'end',
      }),
      element('rect', { ...bar, fill: one.color }),
      drawText(showValue(one), Math.max(zero, end) + PADDING / 2, baseline, { size, color: palette.ink }),
    );
  });
  const axis = { x1: zero, x2: zero, y1: top, y2: picture.height - PADDING, stroke: palette.quiet };
  return drawPicture(picture, drawTitle(picture), ...rows, element('line', axis));
}

function showValue({ value }: SingleValue): string {
  return value === null ? '--' : formatNumber(value, 4);
}

function clamp(value: number): number {
  return Math.max(-MAX_VALUE, Math.min(MAX_VALUE, value));
}

/** With 0, and never without a length. */
function findRange(values: readonly SingleValue[]): readonly [number, number] {
  const known = values.map(({ value }) => clamp(value ?? 0));
  const [low, high] = [Math.min(0, ...known), Math.max(0, ...known)];
  return low === high ? [0, 1] : [low, high];
}
