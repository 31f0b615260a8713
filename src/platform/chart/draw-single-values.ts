/** Draws the newest value of each series in large digits. */
import type { SingleValues } from './chart.ts';
import { formatNumber } from './format-number.ts';
import { drawPicture, drawText, element, fitText, PALETTES } from './svg.ts';
import { drawTitle, measureTitle } from './draw-title.ts';

const MAX_DIGITS_SIZE = 56;
const LABEL_SIZE = 13;
const PADDING = 8;

/** @returns SVG; values stand side by side, in as many rows as make their places closest to two to one */
export function drawSingleValues(picture: SingleValues): string {
  const { width, values, theme } = picture;
  const palette = PALETTES[theme];
  const top = measureTitle(picture);
  const height = Math.max(1, picture.height - top);
  const columns = chooseColumns(values.length, width, height);
  const cellWidth = width / columns;
  const cellHeight = height / Math.max(1, Math.ceil(values.length / columns));
  const size = Math.min(MAX_DIGITS_SIZE, cellHeight * 0.4, cellWidth / 4.5);
  const cells = values.map(({ label, color, value }, i) => {
    const x = (i % columns) * cellWidth + cellWidth / 2;
    const y = top + Math.floor(i / columns) * cellHeight + cellHeight / 2;
    const shown = value === null ? '--' : formatNumber(value, 4);
    const labelSize = Math.min(LABEL_SIZE, size);
    const name = fitText(label, labelSize, cellWidth - 2 * PADDING - labelSize);
    return element(
      'g',
      {},
      drawText(shown, x, y, { size, color: palette.ink, anchor: 'middle', weight: 'bold' }),
      drawText(name, x, y + labelSize * 1.8, { size: labelSize, color: palette.quiet, anchor: 'middle' }),
      element('rect', {
        x: x - cellWidth / 4,
        y: y + labelSize * 2.4,
        width: cellWidth / 2,
        height: 3,
        fill: color,
      }),
    );
  });
  return drawPicture(picture, drawTitle(picture), ...cells);
}

function chooseColumns(count: number, width: number, height: number): number {
  const columns = Math.round(Math.sqrt((count * width) / (2 * height)));
  return Math.min(Math.max(1, columns), Math.max(1, count));
}
