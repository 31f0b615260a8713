/** Draws the newest values of series as parts of their sum. */
import { arc, pie, type PieArcDatum } from 'd3-shape';
import type { SingleValue, SingleValues } from './chart.ts';
import { drawTitle, measureTitle } from './draw-title.ts';
import { formatNumber } from './format-number.ts';
import { drawPicture, drawText, element, fitText, measureText, PALETTES } from './svg.ts';

const TEXT_SIZE = 13;
const ROW = 20;
const SWATCH = 12;
const PADDING = 10;
/** The sum of values beyond this is no finite number. */
const MAX_VALUE = 1e300;

/** @returns SVG: a circle to the left, names with values and shares to the right, as many as have room */
export function drawPie(picture: SingleValues): string {
  const { width, height, values, theme } = picture;
  const palette = PALETTES[theme];
  const top = measureTitle(picture);
  const radius = Math.max(1, Math.min(width / 2, height - top) / 2 - PADDING);
  const center = { x: radius + PADDING, y: top + (height - top) / 2 };
  const slice = arc<PieArcDatum<SingleValue>>().innerRadius(0).outerRadius(radius);
  // In the order of the series: `sort(null)` leaves it.
  const slices = pie<SingleValue>().sort(null).value(sizeOf)([...values]);
  const drawn = slices
    .filter(({ startAngle, endAngle }) => endAngle > startAngle)
    .map((part) =>
      element('path', { d: slice(part) ?? '', fill: part.data.color, stroke: palette.background }),
    );
  const circle = element('g', { transform: `translate(${center.x} ${center.y})` }, ...drawn);
  return drawPicture(
    picture,
    drawTitle(picture),
    circle,
    ...drawNames(picture, center.x + radius + 2 * PADDING),
  );
}

/** What is below 0, or is not there, is no part of anything. */
function sizeOf({ value }: SingleValue): number {
  return Math.min(MAX_VALUE, Math.max(0, value ?? 0)) / MAX_VALUE;
}

function drawNames({ width, height, values, theme, ...titled }: SingleValues, left: number): string[] {
  const { ink } = PALETTES[theme];
  const top = measureTitle({ width, height, theme, ...titled });
  const sum = values.reduce((total, one) => total + sizeOf(one), 0);
  const rows = values.slice(0, Math.max(0, Math.floor((height - top) / ROW)));
  const first = top + (height - top - rows.length * ROW) / 2;
  return rows.flatMap((one, i) => {
    const y = first + i * ROW;
    const share = sum > 0 ? ` (${formatNumber((100 * sizeOf(one)) / sum, 3)} %)` : '';
    const shown = ` ${one.value === null ? '--' : formatNumber(one.value, 4)}${share}`;
    const room = width - left - SWATCH - PADDING;
    // The value is what a picture is asked for: it is the name that is cut.
    const name = fitText(one.label, TEXT_SIZE, room - measureText(shown, TEXT_SIZE));
    return [
      element('rect', { x: left, y: y + 4, width: SWATCH, height: SWATCH, rx: 2, fill: one.color }),
      drawText(fitText(name + shown, TEXT_SIZE, room), left + SWATCH + 5, y + 15, {
        size: TEXT_SIZE,
        color: ink,
      }),
    ];
  });
}
